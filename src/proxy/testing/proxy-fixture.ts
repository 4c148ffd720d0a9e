/** For tests: a data plane with one route `/` to given ports, and the records of its requests. */
import { DEFAULT_SETTINGS, NOT_FOUND_NGINX } from '../../routing/defaults.ts'
import type { GateFactory } from '../../routing/gate.ts'
import type { Backend, ForwardAction, ProxySettings, Route, RoutingModel } from '../../routing/model.ts'
import { forwardRoute, hostWith } from '../../routing/testing/forward-route.ts'
import { type DataPlane, startDataPlane } from '../data-plane.ts'
import type { RequestRecord } from '../request-record.ts'
import type { TracingSwitch } from '../tracing-switch.ts'
import type { ResolveAddresses } from '../upstream/dns-target.ts'

export interface FixtureOptions {
  /** Ports on loopback of the one backend. */
  readonly upstreams: readonly number[]
  readonly settings?: Partial<ProxySettings>
  readonly action?: Partial<ForwardAction>
  readonly route?: Partial<Route>
  readonly createGates?: GateFactory
  readonly resolve?: ResolveAddresses
  readonly tracing?: TracingSwitch
}

export interface Fixture extends AsyncDisposable {
  readonly plane: DataPlane
  readonly port: number
  readonly records: readonly RequestRecord[]
  /** Resolves when so many requests are over. */
  recordCount(count: number): Promise<void>
}

/** The backend that fixture routes point at. */
export function fixtureBackend(ports: readonly number[]): Backend {
  const endpoints = ports.map((port) => ({ address: '127.0.0.1', port, pod: '' }))
  return { id: 'shop/web:80', upstreamName: 'shop-web-80', target: { kind: 'endpoints', endpoints } }
}

/** One host-less route. */
export function fixtureModel(options: FixtureOptions): RoutingModel {
  return {
    routes: {
      hosts: [hostWith('', forwardRoute(options.action, options.route))],
      fallback: { notFound: NOT_FOUND_NGINX },
    },
    backends: [fixtureBackend(options.upstreams)],
    certificates: { certificates: [], bySni: [], defaultCertificateId: '' },
    settings: { ...DEFAULT_SETTINGS, ...options.settings },
  }
}

export async function startFixture(options: FixtureOptions): Promise<Fixture> {
  const records: RequestRecord[] = []
  let wake: (() => void)[] = []
  const observe = (record: RequestRecord): void => {
    records.push(record)
    options.tracing?.observe(record)
    const waiting = wake
    wake = []
    for (const resolve of waiting) resolve()
  }
  const plane = await startDataPlane({
    host: '127.0.0.1',
    httpPort: 0,
    httpsPort: null,
    observer: { observe },
    tickMs: 5,
    ...(options.resolve === undefined ? {} : { resolve: options.resolve }),
    ...(options.tracing === undefined ? {} : { tracing: options.tracing }),
    ...(options.createGates === undefined ? {} : { createGates: options.createGates }),
  })
  plane.apply(fixtureModel(options))
  return {
    plane,
    port: plane.httpPort,
    records,
    recordCount: async (count) => {
      const signal = AbortSignal.timeout(5000)
      while (records.length < count) {
        await new Promise<void>((resolve, reject) => {
          wake.push(resolve)
          signal.addEventListener('abort', () => reject(new Error(`Only ${records.length} of ${count} requests ended`)))
        })
      }
    },
    [Symbol.asyncDispose]: () => plane.drain(0),
  }
}
