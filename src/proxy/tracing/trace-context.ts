/** The header fields of W3C Trace Context (Recommendation of 23 November 2021), read strictly. */

/** What a caller says about its span. */
export interface TraceParent {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string
  /** 16 lower-case hex digits, not all zero. */
  readonly spanId: string
  readonly isSampled: boolean
}

/** The span of one request. */
export interface Span {
  readonly traceId: string
  readonly spanId: string
  /** Empty for the first span of a trace. */
  readonly parentSpanId: string
  readonly isSampled: boolean
  /** As received, or empty. */
  readonly traceState: string
  /** Value of `traceparent` towards the upstream. */
  readonly traceParent: string
  /** Text with log variables; empty = method and path of the rule. */
  readonly operationName: string
}

const SAMPLED = 1
const NO_TRACE = '0'.repeat(32)
const NO_SPAN = '0'.repeat(16)
const PARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

const MOST_MEMBERS = 32
/** What everybody must be able to pass on (3.3.1.5). */
const LONGEST_STATE = 512
/** `key=value`; keys of one or two parts (3.3.1.3). */
const MEMBER =
  /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/

/**
 * Reads `traceparent`. A later version than 00 is read as far as 00 goes (3.2.4).
 *
 * @param values of all fields of that name; more than one is as none
 * @returns `null` for what is no trace context: the trace begins here then
 */
export function parseTraceParent(values: readonly string[]): TraceParent | null {
  const match = values.length === 1 ? PARENT.exec(values[0]!) : null
  if (match === null) return null
  const [, version, traceId = '', spanId = '', flags = '', rest] = match
  if (version === 'ff' || (version === '00' && rest !== undefined)) return null
  if (traceId === NO_TRACE || spanId === NO_SPAN) return null
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 }
}

/**
 * Reads `tracestate`, to be passed on as it came.
 *
 * @param values of all fields of that name, in order: one list
 * @returns empty when a member is malformed or twice there, or when there are too many: all of it is dropped (3.3.1)
 */
export function parseTraceState(values: readonly string[]): string {
  const members = values
    .join(',')
    .split(',')
    .map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter((member) => member !== '')
  const keys = new Set(members.map((member) => member.slice(0, member.indexOf('='))))
  const state = members.join(',')
  const isSound = members.length <= MOST_MEMBERS && keys.size === members.length && state.length <= LONGEST_STATE
  return isSound && members.every((member) => MEMBER.test(member)) ? state : ''
}

/** Value of `traceparent` in version 00. */
export function formatTraceParent(traceId: string, spanId: string, isSampled: boolean): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`
}
