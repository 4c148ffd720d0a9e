/** What routes say that no standard object of the Gateway API can. */
import type { ForwardAction, Route } from '../../routing/model.ts'
import type { Habits } from './habits.ts'
import type { Remarks } from './remarks.ts'

type Forward = Route & { readonly action: ForwardAction }

/** Protections: a route without them would be open to those whom they keep out. */
const PROTECTIONS: readonly (readonly [(route: Forward) => boolean, string])[] = [
  [(route) => (route.gates?.length ?? 0) > 0, 'limits and authentication'],
  [(route) => route.clientAddresses !== undefined, 'lists of addresses'],
  [(route) => route.filter !== undefined, 'denials by path, method and User-Agent'],
  [(route) => route.action.upstreamTls !== undefined, 'certificates towards upstreams (a BackendTLSPolicy may say it)'],
]

const LESS: readonly (readonly [(route: Forward, habits: Habits) => boolean, string])[] = [
  [(route, { settings }) => route.maxBodyBytes !== settings.maxBodyBytes, 'a largest request body (proxy-body-size)'],
  [(route) => route.errorPages !== undefined, 'backends for errors'],
  [(route) => route.fallbackBackendId !== undefined, 'a backend for Services without endpoints'],
  [(route) => route.affinity !== undefined, 'affinity cookies'],
  [(route) => route.isLogged === false, 'routes without access log'],
  [(route) => route.compression !== undefined, 'compression'],
  [(route) => route.mirror !== undefined, 'mirroring to a URL'],
  [(route) => route.tracing !== undefined, 'tracing'],
  [
    (route) => route.action.protocol !== 'http',
    'the protocol towards upstreams (the Service’s appProtocol may say it)',
  ],
  [(route) => route.action.answerRewrites !== undefined, 'rewriting of cookies and redirects of upstreams'],
  [(route) => route.action.connectionHeader !== undefined, 'a Connection header towards upstreams'],
  [(route) => route.action.addsOriginalUri === true, 'X-Original-URI'],
  [
    (route, { settings }) =>
      JSON.stringify(route.action.retry ?? null) !== JSON.stringify(settings.retry) ||
      route.action.maxTries !== settings.maxTries,
    'when another endpoint is tried',
  ],
  [
    (route, { settings }) =>
      route.action.connectTimeoutMs !== settings.connectTimeoutMs ||
      route.action.sendTimeoutMs !== settings.sendTimeoutMs,
    'timeouts for connecting and sending',
  ],
]

/** @returns false when the rule must be left out */
export function remarkNoEqual(route: Forward, habits: Habits, remarks: Remarks): boolean {
  const object = route.origin.object
  const missing = PROTECTIONS.filter(([asks]) => asks(route)).map(([, what]) => what)
  if (missing.length > 0) {
    remarks.leftOut(
      route.origin,
      `Cannot write the rules of ${object}: the Gateway API has no equal for ${missing.join(', ')}, and they would be open without; ` +
        'write them by hand with a policy of your implementation',
    )
    return false
  }
  for (const [asks, what] of LESS) {
    if (asks(route, habits))
      remarks.noEqual(
        route.origin,
        `Cannot write ${what} of ${object}: the Gateway API has no equal; requests are served without`,
      )
  }
  return true
}
