/**
 * Variables about the upstream. Addresses and statuses list every try; times and lengths are those of the last one,
 * where nginx lists every try as well: a record keeps no more.
 */
import { connectMs } from '../record-facts.ts'
import type { RequestRecord } from '../request-record.ts'
import { formatSeconds } from './seconds.ts'
import type { LogVariable } from './variables.ts'

export const UPSTREAM_VARIABLES: Readonly<Record<string, LogVariable>> = {
  proxy_upstream_name: { kind: 'text', get: (record) => record.upstreamName || nameOfUnasked(record) },
  // Empty where no canary answered, as ingress-nginx has it.
  proxy_alternative_upstream_name: { kind: 'text', get: (record) => record.alternativeUpstreamName },
  proxy_host: { kind: 'text', get: (record) => record.upstreamName || null },
  upstream_addr: { kind: 'plain', get: (record) => record.upstreamAddress || null },
  upstream_status: { kind: 'plain', get: (record) => record.upstreamStatus || null },
  upstream_response_length: {
    kind: 'plain',
    get: (record) => (record.upstreamAddress === '' ? null : String(Math.max(0, record.upstreamResponseBytes))),
  },
  upstream_response_time: { kind: 'plain', get: (record) => formatUpstreamTime(record, record.upstreamResponseMs) },
  upstream_header_time: { kind: 'plain', get: (record) => formatUpstreamTime(record, record.upstreamHeaderMs) },
  // Our own: why the last try that failed did.
  upstream_failure: { kind: 'text', get: (record) => record.upstreamFailure || null },
  // Nothing is cached, so nginx would find nothing either.
  upstream_cache_status: { kind: 'plain', get: () => null },
  upstream_connect_time: { kind: 'plain', get: (record) => formatUpstreamTime(record, connectMs(record)) },
}

/** ingress-nginx names the upstream of the location, also where nobody asked it: redirects, refusals, no endpoints. */
function nameOfUnasked({ route, status }: RequestRecord): string {
  if (route === null || route.labels.service === '') return status === 404 ? 'upstream-default-backend' : '-'
  const { namespace, service, servicePort } = route.labels
  // nginx adds the slash that a path lacks before it comes to a location.
  return route.action.kind === 'redirect-path' ? '-' : `${namespace}-${service}-${servicePort}`
}

function formatUpstreamTime(record: RequestRecord, milliseconds: number): string | null {
  if (record.upstreamAddress === '') return null
  return milliseconds < 0 ? '-' : formatSeconds(milliseconds)
}
