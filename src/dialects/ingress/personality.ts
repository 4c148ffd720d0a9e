/**
 * Whose habits an Ingress is served with. The Ingress API leaves much to the implementation; a personality holds those
 * choices as data, so that manifests behave as they did under the controller they were written for.
 */
import { NOT_FOUND_CONTOUR, NOT_FOUND_NGINX, UNAVAILABLE_CONTOUR, UNAVAILABLE_NGINX } from '../../routing/defaults.ts'
import type { LocalAnswer } from '../../routing/model.ts'

export type PersonalityName = 'nginx' | 'contour' | 'alb'

export interface Personality {
  readonly name: PersonalityName
  /** No route of a host matches. */
  readonly notFound: LocalAnswer
  /** The backend has no ready endpoint, or does not exist. */
  readonly unavailable: LocalAnswer
  readonly addsUpstreamServiceTime: boolean
  /** Every host answers on the https listener, with the default certificate if need be. */
  readonly alwaysServesHttps: boolean
  /** A tls section that does not list the host still turns TLS on for it, with the default certificate. */
  readonly tlsSectionCoversAllHosts: boolean
  /** Every host has a `/` of its own that belongs to its oldest Ingress (an ALB's default is a rule like others here). */
  readonly hasDefaultLocation: boolean
  /** A backend port may also be the text of a targetPort. */
  readonly acceptsTargetPort: boolean
  /** A certificate that does not cover the host is served all the same. */
  readonly servesMismatchedCertificate: boolean
  /** `/foo` is redirected to an Exact `/foo/`: nginx does so, the Ingress API says that nothing matches. */
  readonly mendsExactSlash: boolean
}

/** An IngressClass of this controller is served as ingress-nginx would, but for what contradicts the Ingress API. */
export const OWN_CONTROLLER = 'genkan.dev/ingress'

export const PERSONALITIES: Readonly<Record<PersonalityName, Personality>> = {
  nginx: {
    name: 'nginx',
    notFound: NOT_FOUND_NGINX,
    unavailable: UNAVAILABLE_NGINX,
    addsUpstreamServiceTime: false,
    alwaysServesHttps: true,
    tlsSectionCoversAllHosts: true,
    hasDefaultLocation: true,
    acceptsTargetPort: true,
    servesMismatchedCertificate: false,
    mendsExactSlash: true,
  },
  contour: {
    name: 'contour',
    notFound: NOT_FOUND_CONTOUR,
    unavailable: UNAVAILABLE_CONTOUR,
    addsUpstreamServiceTime: true,
    alwaysServesHttps: false,
    tlsSectionCoversAllHosts: false,
    hasDefaultLocation: false,
    acceptsTargetPort: false,
    servesMismatchedCertificate: true,
    mendsExactSlash: false,
  },
  alb: {
    name: 'alb',
    notFound: { status: 404, contentType: 'text/plain', body: '' },
    unavailable: UNAVAILABLE_NGINX,
    addsUpstreamServiceTime: false,
    alwaysServesHttps: true,
    tlsSectionCoversAllHosts: false,
    hasDefaultLocation: false,
    acceptsTargetPort: false,
    servesMismatchedCertificate: true,
    mendsExactSlash: false,
  },
}

const OWN: Personality = { ...PERSONALITIES.nginx, mendsExactSlash: false }

/** By the `controller` of the IngressClass, else by the class's name, else nginx. */
export function personalityOf(controller: string, className: string): Personality {
  if (controller === 'k8s.io/ingress-nginx') return PERSONALITIES.nginx
  if (controller === OWN_CONTROLLER) return OWN
  if (controller.startsWith('projectcontour.io/')) return PERSONALITIES.contour
  if (controller === 'ingress.k8s.aws/alb') return PERSONALITIES.alb
  if (className.includes('contour')) return PERSONALITIES.contour
  return className === 'alb' ? PERSONALITIES.alb : PERSONALITIES.nginx
}
