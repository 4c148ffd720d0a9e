/** Writes finalizers and hostnames on Ingresses and Services, only where they differ, and never over somebody's newer version. */
import { ApiError, type ApiTransport } from '../../sources/cluster/api-transport.ts'
import { objectPath } from '../../sources/cluster/resource.ts'
import { isSameAddresses, type LoadBalancerAddress } from '../cluster/status-addresses.ts'
import { isOurs, type MemberObject } from './member-objects.ts'

const MERGE_PATCH = 'application/merge-patch+json'
/** Conflicts with other writers are read and tried anew so often. */
const TRIES = 5

interface Written {
  readonly metadata: {
    readonly uid?: string
    readonly resourceVersion?: string
    readonly finalizers?: readonly string[]
  }
}

/**
 * Makes our finalizers on an object exactly `wanted`; those of others stay.
 *
 * @returns false when the object is gone, or is another one of the same name
 */
export async function writeFinalizers(
  transport: ApiTransport,
  member: MemberObject,
  wanted: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  const path = objectPath(member.resource, member.namespace, member.name)
  let { resourceVersion, finalizers } = member
  for (let attempt = 1; ; attempt++) {
    const next = [...finalizers.filter((finalizer) => !isOurs(finalizer)), ...wanted]
    if (isSameSet(next, finalizers)) return true
    try {
      const body = { metadata: { resourceVersion, finalizers: next.length === 0 ? null : next } }
      await transport.json({ method: 'PATCH', path, contentType: MERGE_PATCH, body, signal })
      return true
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.status === 404) return false
      if (error.status !== 409 || attempt === TRIES) throw error
      const fresh = await transport.json<Written>({ path, signal })
      if (fresh.metadata.uid !== member.uid) return false
      resourceVersion = fresh.metadata.resourceVersion ?? ''
      finalizers = fresh.metadata.finalizers ?? []
    }
  }
}

/** Writes `.status.loadBalancer.ingress` unless it is so already. */
export async function writeHostnames(
  transport: ApiTransport,
  member: MemberObject,
  hostnames: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const addresses: readonly LoadBalancerAddress[] = hostnames.map((hostname) => ({ hostname: hostname.toLowerCase() }))
  if (isSameAddresses(member.addresses, addresses)) return
  const path = `${objectPath(member.resource, member.namespace, member.name)}/status`
  const body = {
    metadata: { uid: member.uid },
    status: { loadBalancer: { ingress: addresses.length === 0 ? null : addresses } },
  }
  await transport.json({ method: 'PATCH', path, contentType: MERGE_PATCH, body, signal })
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item) => b.includes(item))
}
