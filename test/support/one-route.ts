/** The data plane in this process with one route: every host and path goes to one loopback port. */
import { type DataPlane, startDataPlane } from '../../src/proxy/data-plane.ts'
import { DEFAULT_FORWARD, DEFAULT_SETTINGS, NOT_FOUND_NGINX, UNAVAILABLE_NGINX } from '../../src/routing/defaults.ts'
import type { Route, RoutingModel } from '../../src/routing/model.ts'

export interface OneRouteOptions {
  /** 0 = unlimited. */
  readonly maxBodyBytes?: number
  readonly readTimeoutMs?: number
}

/** Plain HTTP on a free loopback port; no https listener, no access log. */
export async function startOneRoute(upstreamPort: number, options: OneRouteOptions = {}): Promise<DataPlane> {
  const plane = await startDataPlane({
    host: '127.0.0.1',
    httpPort: 0,
    httpsPort: null,
    observer: { observe: () => undefined },
  })
  plane.apply(oneRouteModel(upstreamPort, options))
  return plane
}

function oneRouteModel(upstreamPort: number, options: OneRouteOptions): RoutingModel {
  const route: Route = {
    id: 'only',
    match: { kind: 'prefix', path: '/' },
    maxBodyBytes: options.maxBodyBytes ?? 0,
    httpsRedirectStatus: 0,
    action: {
      ...DEFAULT_FORWARD,
      backendId: 'test/upstream:80',
      sendTimeoutMs: 10_000,
      readTimeoutMs: options.readTimeoutMs ?? 10_000,
      maxTries: 1,
      unavailable: UNAVAILABLE_NGINX,
    },
    labels: { namespace: '', ingress: '', service: '', servicePort: '', path: '/', pathType: 'Prefix', host: '' },
    origin: { object: 'test', path: '' },
  }
  return {
    routes: {
      hosts: [{ host: '', schemes: ['http', 'https'], appRoot: '', routes: [route], notFound: NOT_FOUND_NGINX }],
      fallback: { notFound: NOT_FOUND_NGINX },
    },
    backends: [
      {
        id: 'test/upstream:80',
        upstreamName: 'test-upstream-80',
        target: { kind: 'endpoints', endpoints: [{ address: '127.0.0.1', port: upstreamPort, pod: '' }] },
      },
    ],
    certificates: { certificates: [], bySni: [], defaultCertificateId: '' },
    settings: DEFAULT_SETTINGS,
  }
}
