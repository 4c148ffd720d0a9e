/**
 * Which Ingresses concern nobody but the hosts of their own rules, so that a change of one can be translated alone. Settings
 * of a Service port are shared by all who use it; aliases, twins and passed-through names reach into other hosts; an Ingress
 * without a host is everybody's fallback.
 */
import type { Ingress } from '../../kube/objects.ts'

/** Parts of annotation names, after their prefix. */
const SHARED =
  /\/(?:server-alias|from-to-www-redirect|ssl-passthrough|load-balance|upstream-hash-by|service-upstream|default-backend|custom-http-errors|enable-opentelemetry|opentelemetry-|auth-url|mirror-|canary|affinity|auth-tls-|proxy-ssl-)/
const OWN_PREFIX = 'genkan.dev/'

export function isIsolated(ingress: Ingress): boolean {
  const { rules, defaultBackend } = ingress.spec
  if (defaultBackend !== undefined || rules.length === 0 || rules.some(({ host }) => host === '')) return false
  return !Object.keys(ingress.meta.annotations).some((name) => SHARED.test(name) || name.startsWith(OWN_PREFIX))
}

/** Hosts that an isolated Ingress has to do with. */
export function hostsOf(ingress: Ingress): readonly string[] {
  return [
    ...new Set([...ingress.spec.rules.map(({ host }) => host), ...ingress.spec.tls.flatMap(({ hosts }) => hosts)]),
  ]
}
