/**
 * Keeps web pages away from the admin server. A page cannot read it across origins, but a name that its author controls
 * can be made to resolve to this machine (DNS rebinding), and then the page's origin is ours. Such a request carries
 * the author's name in `Host`, so names are refused unless they are known; addresses cannot be rebound.
 */
import { BlockList, isIP } from 'node:net'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

export interface HostGuard {
  /** @returns why the request is refused, or `null` when it is welcome */
  refuse(hostHeader: string | undefined, origin: string | undefined): string | null
}

/**
 * @param bound address or name the server listens on: with a loopback one, only loopback hosts are accepted
 * @param allowedNames further host names, such as that of a Service in front
 */
export function createHostGuard(bound: string, allowedNames: readonly string[]): HostGuard {
  const names = new Set([bound, ...allowedNames].map((name) => name.toLowerCase()))
  const isLocal = isLoopback(bound)

  function isWelcome(authority: string): boolean {
    const host = hostOf(authority)
    if (names.has(host) || isLoopback(host)) return true
    return !isLocal && isIP(host) !== 0
  }

  return {
    refuse(hostHeader, origin) {
      // Without Host (HTTP/1.0 probes) there is no browser.
      if (hostHeader !== undefined && !isWelcome(hostHeader))
        return `Cannot serve host ${JSON.stringify(hostHeader)}: it is not a name of this server; use its address`
      if (origin !== undefined && origin !== `http://${hostHeader ?? ''}`)
        return `Cannot serve a page of ${JSON.stringify(origin)}: only this server's own page may ask`
      return null
    },
  }
}

/** True for `localhost`, names below it, 127.0.0.0/8 and ::1. */
function isLoopback(host: string): boolean {
  const family = isIP(host)
  if (family === 0) return host === 'localhost' || host.endsWith('.localhost')
  return LOOPBACK.check(host, family === 6 ? 'ipv6' : 'ipv4')
}

/** Lower-case host without port, brackets and trailing dot. */
function hostOf(authority: string): string {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(authority)
  return (match?.[1] ?? match?.[2] ?? '').toLowerCase().replace(/\.$/, '')
}
