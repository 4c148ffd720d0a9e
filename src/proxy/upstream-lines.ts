/** What routes, gates and traces make of a request's head on its way to the upstream, whatever the client speaks. */
import { withoutFields } from '../routing/answer-edits.ts'
import type { Decision } from '../routing/decide.ts'
import type { ForwardAction } from '../routing/model.ts'
import type { UpstreamCluster } from './downstream.ts'
import type { GateRun } from './filters/gate-run.ts'
import type { RequestRecord } from './request-record.ts'
import { withTraceContext } from './tracing-switch.ts'

export type ForwardDecision = Extract<Decision<UpstreamCluster>, { kind: 'forward' | 'gated' }>

/** @throws {TypeError} for a route that does not forward, which is an internal fault */
export function forwardActionOf({ id, action }: ForwardDecision['route']): ForwardAction {
  if (action.kind !== 'forward') throw new TypeError(`Cannot forward route ${id}: it is a ${action.kind}`)
  return action
}

/** @param gateRun with what the gates said, `null` when there are none */
export function upstreamLines(
  { requestHeaders }: ForwardDecision['route'],
  given: string,
  gateRun: GateRun | null,
  { span }: RequestRecord,
): string {
  let lines = given
  if (requestHeaders !== null) lines = withoutFields(lines, requestHeaders.removed) + requestHeaders.lines
  if (gateRun !== null) lines = gateRun.editRequest(lines)
  return span === null ? lines : withTraceContext(lines, span)
}
