/** Which host of the passthrough table a server name means; the proxy's own look-up has the same rules and a map. */
import type { PassthroughHost } from './streams.ts'

/** Exact name, then one-label wildcard. @param name lower-case, without port and final dot */
export function findPassthrough(hosts: readonly PassthroughHost[], name: string): PassthroughHost | null {
  const dot = name.indexOf('.')
  const wildcard = dot > 0 ? `*${name.slice(dot)}` : ''
  return hosts.find(({ host }) => host === name) ?? hosts.find(({ host }) => host === wildcard) ?? null
}
