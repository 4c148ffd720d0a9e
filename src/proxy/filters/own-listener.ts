/** Hosts of our own as authentication services, on a machine to which no DNS leads them. */
import { type ClusterHandle, type CompiledTable, findHost } from '../../routing/compile.ts'
import type { Scheme } from '../../routing/model.ts'

interface Ports {
  readonly httpPort: number
  /** `null` without an https listener. */
  readonly httpsPort: number | null
}

/**
 * @param listensOn address of the listeners
 * @returns where to connect; `null` for a host that no rule names
 */
export function findOwnListener<C extends ClusterHandle>(
  scheme: Scheme,
  host: string,
  table: CompiledTable<C>,
  listensOn: string,
  { httpPort, httpsPort }: Ports,
): { readonly host: string; readonly port: number } | null {
  const port = scheme === 'http' ? httpPort : httpsPort
  const found = findHost(table, host.toLowerCase(), scheme)
  return found === null || found.host === '' || port === null ? null : { host: reachable(listensOn), port }
}

/** Whoever listens on all addresses listens on loopback. */
function reachable(host: string): string {
  return host === '0.0.0.0' || host === '' ? '127.0.0.1' : host === '::' ? '::1' : host
}
