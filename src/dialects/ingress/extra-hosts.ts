/** Names that a host answers to besides its own: aliases, and the twin with or without `www.` that redirects to it. */
import { originOf } from '../../kube/meta.ts'
import type { VirtualHost } from '../../routing/model.ts'
import type { Report } from '../report.ts'
import type { HostDraft, ServedIngress } from './location.ts'

const PREFIX = 'nginx.ingress.kubernetes.io/'

export interface ExtraHosts {
  /** Aliases by host. */
  readonly aliases: ReadonlyMap<string, readonly string[]>
  /** Twin to the host it redirects to. */
  readonly twins: ReadonlyMap<string, string>
}

/**
 * A name that is a rule's host, another's alias or another's twin is not taken: the first in the order of hosts has it.
 *
 * @param hosts in the order of their oldest Ingress
 */
export function collectExtraHosts(hosts: readonly HostDraft[], report: Report): ExtraHosts {
  const taken = new Map<string, ServedIngress | null>(hosts.map(({ host }) => [host, null]))
  const aliases = new Map<string, readonly string[]>()
  const twins = new Map<string, string>()
  for (const { host, members } of hosts) {
    if (host === '') continue
    const member = members.find(({ settings }) => settings.redirects.aliases.length > 0)
    if (member === undefined) continue
    const free: string[] = []
    for (const name of member.settings.redirects.aliases) {
      const owner = taken.get(name)
      // One Ingress with several hosts gives its aliases to the first.
      if (name === host || owner === member) continue
      if (owner !== undefined) {
        report(
          'PATH_CONFLICT',
          `Cannot serve ${name} as an alias of ${host}: it is a host or an alias already; accepted is a name of its own`,
          originOf(member.ingress, 'metadata', 'annotations', `${PREFIX}server-alias`),
        )
      } else {
        taken.set(name, member)
        free.push(name)
      }
    }
    if (free.length > 0) aliases.set(host, free)
  }
  for (const { host, members } of hosts) {
    if (host === '' || host.startsWith('*.') || !members.some(({ settings }) => settings.redirects.fromToWww)) continue
    const twin = host.startsWith('www.') ? host.slice(4) : `www.${host}`
    if (taken.has(twin)) continue
    taken.set(twin, null)
    twins.set(twin, host)
  }
  return { aliases, twins }
}

/** The virtual host of a twin. */
export function twinOf(twin: string, target: VirtualHost, status: 301 | 302 | 307 | 308): VirtualHost {
  const { schemes, notFound, strictTransportSecurity, responseHeaders } = target
  return {
    host: twin,
    schemes,
    appRoot: '',
    redirectTo: { host: target.host, status },
    ...(strictTransportSecurity === undefined ? {} : { strictTransportSecurity }),
    ...(responseHeaders === undefined ? {} : { responseHeaders }),
    routes: [],
    notFound,
  }
}
