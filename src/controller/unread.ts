/** What could not be read from a cluster, as findings: of what was not seen nobody may say that it does not exist. */
import type { Finding } from '../base/finding.ts'
import { remark } from '../base/remark.ts'
import type { ClusterReading } from '../sources/cluster/read-once.ts'

type Unread = Pick<ClusterReading, 'unreadKinds' | 'unreadObjects' | 'isUnread' | 'isListed'>

const POD_KINDS = ['Pod', 'Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet']

/** One for each kind that could not be listed; an error for Ingresses, without which there is nothing to say. */
export function remarkUnreadKinds({ unreadKinds }: Unread): readonly Finding[] {
  return unreadKinds.map(({ resource, reason }) =>
    remark(
      'CLUSTER_KIND_UNREAD',
      { object: 'cluster', path: resource.resource },
      `Cannot read ${resource.resource}: the API server does not allow it (${reason}); what depends on them is not checked. ` +
        'Accepted is the right to list them, or --namespace with namespaces where it is granted',
      resource.kind === 'Ingress' ? 'error' : 'warning',
    ),
  )
}

/** Puts "cannot be read" in the place of "does not exist", and drops remarks about endpoints and pods that were not seen. */
export function withoutFalseAbsence(findings: readonly Finding[], unread: Unread): readonly Finding[] {
  const seesEndpoints = unread.isListed('EndpointSlice')
  const seesPods = POD_KINDS.every((kind) => unread.isListed(kind))
  return findings.flatMap((finding): readonly Finding[] => {
    if (finding.code === 'SERVICE_NO_ENDPOINTS' && !seesEndpoints) return []
    if (finding.code === 'SERVICE_SELECTS_NOTHING' && !seesPods) return []
    if (finding.code === 'AWS_CLASS_PARAMS' && unread.isUnread('IngressClassParams')) return []
    const { absent } = finding
    if (absent === undefined) return [finding]
    const reason = unread.unreadObjects.get(absent)
    if (reason === undefined && !unread.isUnread(absent.slice(0, absent.indexOf(' ')))) return [finding]
    const isClosed = finding.code === 'ANNOTATION_PROTECTS' || finding.code === 'CONFIG_PROTECTS'
    return [
      remark(
        'CLUSTER_OBJECT_UNREAD',
        finding.origin,
        `Cannot check ${absent}: it cannot be read with these rights${reason === undefined ? '' : ` (${reason})`}; ` +
          (isClosed
            ? 'its routes are shown as closed (503) here, which a controller that may read it need not do'
            : 'whether it exists and fits is not known here'),
      ),
    ]
  })
}
