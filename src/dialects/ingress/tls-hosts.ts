/** Remarks on `spec.tls` entries that no rule can make use of. */
import { originOf } from '../../kube/meta.ts'
import type { Report } from '../report.ts'
import type { ServedIngress } from './location.ts'

/** A listed host needs a rule in the same Ingress: itself, a wildcard either way, or a rule for all hosts. */
export function remarkTlsHosts(served: readonly ServedIngress[], report: Report): void {
  for (const { ingress, settings } of served) {
    const { rules, tls, defaultBackend } = ingress.spec
    if (tls.length === 0 || (rules.length === 0 && defaultBackend !== undefined)) continue
    const hosts = new Set(rules.map((rule) => rule.host))
    if (hosts.has('')) continue
    const known = new Set([...hosts, ...settings.redirects.aliases])
    if (settings.redirects.fromToWww)
      for (const host of hosts) known.add(host.startsWith('www.') ? host.slice(4) : `www.${host}`)
    tls.forEach((entry, index) => {
      entry.hosts.forEach((host, at) => {
        if (hasRule(known, host)) return
        report(
          'TLS_HOST_WITHOUT_RULE',
          `Cannot use TLS for ${host}: no rule of the Ingress has this host; accepted are ${[...hosts].join(', ') || 'hosts of rules'}`,
          originOf(ingress, 'spec', 'tls', index, 'hosts', at),
        )
      })
    })
  }
}

function hasRule(hosts: ReadonlySet<string>, host: string): boolean {
  if (hosts.has(host)) return true
  const dot = host.indexOf('.')
  if (dot > 0 && hosts.has(`*${host.slice(dot)}`)) return true
  if (!host.startsWith('*.')) return false
  for (const name of hosts) {
    const at = name.indexOf('.')
    if (at > 0 && name.slice(at) === host.slice(1)) return true
  }
  return false
}
