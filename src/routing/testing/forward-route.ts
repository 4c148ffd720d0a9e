/** For tests: routes that forward, with nothing more to them than a test says. */
import { DEFAULT_FORWARD, NOT_FOUND_NGINX, UNAVAILABLE_NGINX } from '../defaults.ts'
import type { ForwardAction, Route, VirtualHost } from '../model.ts'

export function forwardAction(more: Partial<ForwardAction> = {}): ForwardAction {
  return {
    ...DEFAULT_FORWARD,
    backendId: 'shop/web:80',
    sendTimeoutMs: 5000,
    readTimeoutMs: 5000,
    unavailable: UNAVAILABLE_NGINX,
    ...more,
  }
}

/** For `/` and all below, of the Ingress `shop/web`. */
export function forwardRoute(action: Partial<ForwardAction> = {}, more: Partial<Route> = {}): Route {
  return {
    id: 'shop/web',
    match: { kind: 'prefix', path: '/' },
    maxBodyBytes: 1_048_576,
    httpsRedirectStatus: 0,
    action: forwardAction(action),
    labels: { namespace: 'shop', ingress: 'web', service: 'web', servicePort: '80', path: '/', pathType: '', host: '' },
    origin: { object: 'Ingress shop/web', path: 'spec' },
    ...more,
  }
}

/** Answers both schemes. */
export function hostWith(host: string, ...routes: readonly Route[]): VirtualHost {
  return { host, schemes: ['http', 'https'], appRoot: '', notFound: NOT_FOUND_NGINX, routes }
}
