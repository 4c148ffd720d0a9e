/**
 * Gates: checks that a request passes between the decision to forward it and the upstream, and that may take time or
 * keep state (limits, authentication). The model holds their plain configuration; the proxy makes them of it.
 */
import type { Route } from './model.ts'

/** What a gate may look at. Both fronts implement it. */
export interface GateRequest {
  readonly method: string
  /** Origin form with query, as received. */
  readonly target: string
  readonly authority: string
  readonly host: string
  readonly scheme: 'http' | 'https'
  readonly clientAddress: string
  readonly requestId: string
  /** All header lines as received: `Name: value\r\n`..., latin1. */
  readonly rawLines: string
}

/** What a gate says. */
export type GateVerdict = GatePass | GateRefusal

export interface GatePass {
  readonly kind: 'pass'
  /** Lines for the upstream's request head. */
  readonly requestLines: string
  /** Lower-case names of request fields that go, before `requestLines` come. */
  readonly removedRequestHeaders: readonly string[]
  /** Lines for the client's answer. */
  readonly responseLines: string
  /** Further lines for answers of a status that {@link carriesCookies}. */
  readonly cookieLines?: string
}

/** Statuses with which nginx relays cookies of an authentication service (it adds headers to no others). */
const COOKIE_STATUSES: ReadonlySet<number> = new Set([200, 201, 204, 206, 301, 302, 303, 304, 307, 308])

export function carriesCookies(status: number): boolean {
  return COOKIE_STATUSES.has(status)
}

export interface GateRefusal {
  readonly kind: 'refuse'
  readonly status: number
  /** Content type and body; empty body sends none. */
  readonly contentType: string
  readonly body: string
  /** Further lines: `WWW-Authenticate`, `Location`, `Retry-After`... */
  readonly responseLines: string
}

export const PASS: GatePass = { kind: 'pass', requestLines: '', removedRequestHeaders: [], responseLines: '' }

export interface Gate {
  /** One short sentence for `explain`. */
  readonly description: string
  /** Answers at once where it can; a promise never rejects. */
  check(request: GateRequest): GateVerdict | Promise<GateVerdict>
  /** The request that passed is over. Only for gates that count what runs. */
  readonly release: ((request: GateRequest) => void) | null
}

/** Makes the gates of a route, in the order in which they are asked. */
export type GateFactory = (route: Route) => readonly Gate[]

/** Where nobody makes gates, a route that asks for them serves nobody. */
export const refusingGates: GateFactory = (route) => (route.gates ?? []).map(() => REFUSING_GATE)

const REFUSING_GATE: Gate = {
  description: 'refuses all requests, because its check is not available here',
  check: () => ({ kind: 'refuse', status: 503, contentType: 'text/plain', body: '', responseLines: '' }),
  release: null,
}
