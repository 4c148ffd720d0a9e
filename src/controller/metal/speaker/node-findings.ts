/** Which mistakes of a configuration are of one node, and which only its speaker can see. Pure. */
import type { Finding } from '../../../base/finding.ts'
import { describeObject } from '../../../kube/meta.ts'
import type { BGPPeer } from '../../../kube/metal-objects.ts'
import { matchesAny } from '../../../metal/matches-selector.ts'
import { CONFIG_MAPS } from '../../../sources/cluster/resource.ts'
import { CONFIG_KINDS } from '../followed-kinds.ts'

const KINDS: ReadonlySet<string> = new Set([...CONFIG_KINDS, CONFIG_MAPS].map(({ kind }) => kind))

export interface NodeFindings {
  /** Those about the configuration, without those of peers of other nodes. */
  readonly own: readonly Finding[]
  /** Those of `own` that are about the contents of Secrets, which nobody but speakers reads. */
  readonly ofSecrets: readonly Finding[]
  /** Secrets may not be read, and peers need them. */
  readonly needsSecrets: boolean
}

/**
 * @param peers as they are written
 * @param labels of the node
 * @param mayReadSecrets false: nobody says that one is not there
 */
export function findingsOfNode(
  findings: readonly Finding[],
  peers: readonly BGPPeer[],
  labels: Readonly<Record<string, string>>,
  mayReadSecrets: boolean,
): NodeFindings {
  const written = new Map(peers.map((peer) => [describeObject(peer), peer]))
  const peerOf = ({ origin }: Finding): BGPPeer | undefined => written.get(origin.object)
  const ofNode = findings.filter((finding) => {
    if (!KINDS.has(finding.origin.object.split(' ')[0] ?? '')) return false
    const peer = peerOf(finding)
    return peer === undefined || matchesAny(peer.spec.nodeSelectors, labels)
  })
  const isUnread = ({ absent = '' }: Finding): boolean => !mayReadSecrets && absent.startsWith('Secret ')
  const own = ofNode.filter((finding) => !isUnread(finding))
  return { own, ofSecrets: own.filter((one) => isOfSecret(one, peerOf(one))), needsSecrets: ofNode.some(isUnread) }
}

/** Of the password's own mistakes, two passwords and a Secret elsewhere can be seen in the peer itself. */
function isOfSecret({ code }: Finding, peer: BGPPeer | undefined): boolean {
  if (code !== 'METAL_PEER_PASSWORD' || peer === undefined) return false
  const { password, passwordSecret } = peer.spec
  return password === undefined && (passwordSecret?.namespace || peer.meta.namespace) === peer.meta.namespace
}
