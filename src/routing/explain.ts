/**
 * Says why a request goes where it goes: the proxy's own `decide`, run with a trace. Pure; no sockets.
 */
import type { Origin } from '../base/finding.ts'
import { type ClusterHandle, type CompiledTable, compileRoutes, type DecisionTrace } from './compile.ts'
import { decide, type Decision } from './decide.ts'
import { describeResilience } from './describe-resilience.ts'
import { type GateFactory, PASS } from './gate.ts'
import { describeGate } from './gate-config.ts'
import type { Backend, Endpoint, RoutingModel, Scheme } from './model.ts'
import { findPassthrough } from './passthrough-match.ts'
import { describeMatch, toByteString } from './path-match.ts'
import type { PassthroughHost } from './streams.ts'

export interface ExplainRequest {
  readonly method: string
  readonly scheme: Scheme
  /** Host with port as the client would send it. */
  readonly authority: string
  /** Origin form: path and query. */
  readonly target: string
  /** Declared body length, -1 for none. */
  readonly contentLength: number
  /** Value of `Origin`, empty when absent. */
  readonly origin: string
  readonly clientAddress: string
  /** Values of the header fields, empty when absent. */
  readonly userAgent: string
  readonly referer: string
  /** `Name: value\r\n`... */
  readonly rawLines: string
}

export interface ConsideredRoute {
  readonly host: string
  readonly path: string
  readonly match: string
  readonly isTaken: boolean
  readonly reason: string
  readonly origin: Origin
}

export interface Outcome {
  readonly kind: 'forward' | 'redirect' | 'respond'
  readonly status?: number
  readonly location?: string
  /** Body of an answer that the proxy makes itself. */
  readonly body?: string
  /** `namespace/name:port` */
  readonly service?: string
  /** Path and query as the upstream will see them; absent where TLS is passed through and nobody here sees them. */
  readonly path?: string
}

export interface Explanation {
  readonly request: Omit<ExplainRequest, 'rawLines'>
  readonly outcome: Outcome
  /** The rule that decided; `object` is empty when no rule did. */
  readonly origin: Origin
  /** Host rule that took the request, `null` when none did. */
  readonly host: { readonly name: string | null; readonly reason: string }
  /** Routes in match order up to the one taken. */
  readonly considered: readonly ConsideredRoute[]
  /** What each filter that had an effect did, in order. */
  readonly phases: readonly { readonly name: string; readonly effect: string }[]
  /** Where the request may go. */
  readonly endpoints: readonly Endpoint[]
}

/** A model's compiled table with the state of its backends, ready for {@link explain}. */
export interface ExplainTable {
  readonly table: CompiledTable<BackendHandle>
  readonly passthrough: readonly PassthroughHost[]
  readonly backends: ReadonlyMap<string, Backend>
}

interface BackendHandle extends ClusterHandle {
  readonly backend: Backend
}

export function createExplainTable(model: RoutingModel): ExplainTable {
  const handles = new Map<string, BackendHandle>()
  for (const backend of model.backends) {
    const { target } = backend
    const isAvailable = target.kind === 'dns' || target.endpoints.length > 0
    handles.set(backend.id, { id: backend.id, backend, isAvailable: () => isAvailable })
  }
  return {
    table: compileRoutes(model.routes, (id) => handles.get(id) ?? null, describeGates),
    passthrough: model.routes.passthrough ?? [],
    backends: new Map(model.backends.map((backend) => [backend.id, backend])),
  }
}

/** Gates that only say what the proxy's would do. */
const describeGates: GateFactory = (route) =>
  (route.gates ?? []).map((config) => ({ description: describeGate(config), check: () => PASS, release: null }))

export function explain(table: ExplainTable, request: ExplainRequest): Explanation {
  const host = request.scheme === 'https' ? findPassthrough(table.passthrough, hostOf(request.authority)) : null
  return host === null ? explainRequest(table, request) : explainPassthrough(table, request, host)
}

/** No rule of HTTP is asked: the connection goes on before there is a request. */
function explainPassthrough({ backends }: ExplainTable, request: ExplainRequest, host: PassthroughHost): Explanation {
  const { rawLines: _, ...shown } = request
  const endpoints = endpointsOf(backends.get(host.backendId))
  const state = endpoints.length === 0 ? '; it has no endpoint, so the connection is closed' : ''
  return {
    request: shown,
    outcome: { kind: 'forward', service: host.backendId },
    origin: host.origin,
    host: { name: host.host, reason: 'by the server name of its ClientHello' },
    considered: [],
    phases: [{ name: 'ssl-passthrough', effect: `TLS goes to ${host.backendId} unopened${state}` }],
    endpoints,
  }
}

function endpointsOf(backend: Backend | undefined): readonly Endpoint[] {
  if (backend === undefined) return []
  const { target } = backend
  return target.kind === 'endpoints' ? target.endpoints : [{ address: target.hostname, port: target.port, pod: '' }]
}

function explainRequest({ table }: ExplainTable, request: ExplainRequest): Explanation {
  const considered: ConsideredRoute[] = []
  const phases: { name: string; effect: string }[] = []
  let host: Explanation['host'] = { name: null, reason: 'the request never reached a host' }
  const trace: DecisionTrace = {
    host: (name, reason) => {
      host = { name, reason }
    },
    route: (compiled, isTaken, reason) => {
      const { labels, match, origin } = compiled.route
      considered.push({
        host: labels.host,
        path: labels.path,
        match: describeMatch(match),
        isTaken,
        reason,
        origin,
      })
    },
    phase: (name, effect) => phases.push({ name, effect }),
  }
  const facts = {
    scheme: request.scheme,
    authority: request.authority,
    host: hostOf(request.authority),
    target: toByteString(request.target),
    contentLength: request.contentLength,
    method: request.method,
    origin: request.origin,
    clientAddress: request.clientAddress,
    userAgent: toByteString(request.userAgent),
    referer: toByteString(request.referer),
    rawLines: toByteString(request.rawLines),
    // What a host asks for is said; the client is taken to have it.
    tlsClient: 'assumed' as const,
    // Where chance decides, the usual way is shown; the phase says how usual.
    draw: () => 0.5,
  }
  const decision = decide(table, facts, trace)
  if (decision.kind === 'forward' || decision.kind === 'gated') {
    const { action } = decision.route
    phases.push(...describeResilience(decision.cluster.backend, action.kind === 'forward' ? action : {}))
  }
  const { rawLines: _, ...shown } = request
  return {
    request: shown,
    outcome: toOutcome(decision),
    origin: decision.route?.route.origin ?? { object: '', path: '' },
    host,
    considered,
    phases,
    endpoints: decision.kind === 'forward' || decision.kind === 'gated' ? endpointsOf(decision.cluster.backend) : [],
  }
}

function toOutcome(decision: Decision<BackendHandle>): Outcome {
  switch (decision.kind) {
    case 'forward':
    case 'gated':
      return { kind: 'forward', service: decision.cluster.id, path: decision.target }
    case 'redirect':
      return { kind: 'redirect', status: decision.status, location: decision.location }
    case 'respond': {
      const action = decision.route?.action
      const service = action?.kind === 'forward' ? { service: action.backendId } : {}
      return { kind: 'respond', status: decision.answer.status, body: decision.answer.body, ...service }
    }
  }
}

/** Lower-case name without port, brackets of IPv6 literals kept, trailing dot cut: the form hosts are matched in. */
export function hostOf(authority: string): string {
  const end = authority.startsWith('[') ? authority.indexOf(']') + 1 : authority.lastIndexOf(':')
  const name = (end > 0 ? authority.slice(0, end) : authority).toLowerCase()
  return name.endsWith('.') ? name.slice(0, -1) : name
}
