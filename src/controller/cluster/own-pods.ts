/** The pods of this controller: those with the labels of our own pod, in its namespace (docs/cluster.md: Addresses). */
import { ApiError, type ApiTransport } from '../../sources/cluster/api-transport.ts'
import { collectionPath, objectPath, type Resource } from '../../sources/cluster/resource.ts'

export const PODS: Resource = { kind: 'Pod', apiVersion: 'v1', resource: 'pods', isNamespaced: true }

/** A Pod as the API sends it, as far as it is needed here. */
export interface ControllerPod {
  readonly metadata: {
    readonly name: string
    readonly labels?: Readonly<Record<string, string>>
    readonly deletionTimestamp?: string
  }
  readonly spec?: { readonly nodeName?: string }
  readonly status?: {
    readonly phase?: string
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
  }
}

/** Labels that differ from one revision of a Deployment or DaemonSet to the next. */
const REVISION_LABELS = new Set(['pod-template-hash', 'controller-revision-hash', 'pod-template-generation'])

/**
 * A selector for the pods of this controller, all revisions; `null` when our own pod does not exist, cannot be read or has
 * no labels. @throws {Error} when the API server gives no answer
 */
export async function readOwnSelector(
  transport: ApiTransport,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    const pod = await transport.json<ControllerPod>({ path: objectPath(PODS, namespace, name), signal })
    const labels = Object.entries(pod.metadata.labels ?? {}).filter(([key]) => !REVISION_LABELS.has(key))
    return labels.length === 0 ? null : labels.map(([key, value]) => `${key}=${value}`).join(',')
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return null
    throw error
  }
}

/** Whether some other pod of ours is there to stay. */
export async function hasOtherPods(
  transport: ApiTransport,
  namespace: string,
  name: string,
  selector: string,
): Promise<boolean> {
  const path = `${collectionPath(PODS, namespace)}?labelSelector=${encodeURIComponent(selector)}`
  const { items } = await transport.json<{ readonly items?: readonly ControllerPod[] | null }>({
    path,
    idleTimeoutMs: 2000,
  })
  return (items ?? []).some(
    ({ metadata, status }) =>
      metadata.name !== name &&
      metadata.deletionTimestamp === undefined &&
      status?.phase !== 'Succeeded' &&
      status?.phase !== 'Failed',
  )
}

export function isReadyPod({ metadata, status }: ControllerPod): boolean {
  return (
    metadata.deletionTimestamp === undefined &&
    (status?.conditions ?? []).some((condition) => condition.type === 'Ready' && condition.status === 'True')
  )
}
