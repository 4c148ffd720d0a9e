/** The annotation `actions.NAME` as what a rule does (elbv2 CreateRule, Action). Keys match in any case. */
import type { RuleAction } from '../../../../aws/stack/rule.ts'
import type { ServicePortRef } from '../../../../kube/objects.ts'
import { parseBool, quote } from '../../../annotations/check-value.ts'
import { type JsonObject, textOf, toObject } from '../../../annotations/json-value.ts'

export interface ForwardEntry {
  readonly target:
    | { readonly kind: 'arn'; readonly arn: string }
    | { readonly kind: 'name'; readonly name: string }
    | { readonly kind: 'service'; readonly name: string; readonly port: ServicePortRef }
  readonly weight: number
}

export type ActionValue =
  | {
      readonly kind: 'forward'
      readonly entries: readonly ForwardEntry[]
      /** Absent = none. */
      readonly stickinessSeconds?: number
    }
  | { readonly kind: 'action'; readonly action: Extract<RuleAction, { type: 'redirect' | 'fixed-response' }> }

export type ParsedActionValue =
  | { readonly ok: true; readonly value: ActionValue }
  | { readonly ok: false; readonly problem: string }

const CONTENT_TYPES = ['text/plain', 'text/css', 'text/html', 'application/javascript', 'application/json']
/** Source: quota of target groups per action. */
const MAX_TARGET_GROUPS = 5
const MAX_STICKINESS_SECONDS = 604_800

/** @param json has passed `parseAlbAction`; what it does not look at is judged here */
export function parseActionValue(json: unknown): ParsedActionValue {
  const action = toObject(json)
  if (action === null) return fail('it is not a JSON object; write {"type": ...}')
  switch (textOf(action, 'type') ?? '') {
    case 'forward':
      return parseForward(action)
    case 'redirect':
      return parseRedirect(toObject(action.get('redirectconfig')) ?? new Map())
    default:
      return parseFixedResponse(toObject(action.get('fixedresponseconfig')) ?? new Map())
  }
}

/** `8080` and `"8080"` are numbers, everything else is the name of a port. */
export function toPortRef(text: string): ServicePortRef {
  return /^\d{1,5}$/.test(text) ? { kind: 'number', number: Number(text) } : { kind: 'name', name: text }
}

function parseForward(action: JsonObject): ParsedActionValue {
  const config = toObject(action.get('forwardconfig'))
  if (config === null) {
    const target = toTarget(action)
    return target === null
      ? fail('a forward names no target group; write "targetGroupARN" or "forwardConfig"')
      : { ok: true, value: { kind: 'forward', entries: [{ target, weight: 1 }] } }
  }
  const list = config.get('targetgroups')
  const entries: ForwardEntry[] = []
  for (const item of Array.isArray(list) ? (list as readonly unknown[]) : []) {
    const entry = toObject(item)
    const target = entry === null ? null : toTarget(entry)
    if (entry === null || target === null) return fail('an entry of targetGroups names no target; write serviceName')
    entries.push({ target, weight: Number(textOf(entry, 'weight') ?? 1) })
  }
  if (entries.length > MAX_TARGET_GROUPS) {
    return fail(`it names ${entries.length} target groups; at most ${MAX_TARGET_GROUPS} are accepted`)
  }
  const stickiness = toObject(config.get('targetgroupstickinessconfig'))
  const isSticky = stickiness === null ? false : toBool(stickiness.get('enabled') ?? false)
  if (isSticky === null) return fail('"enabled" of targetGroupStickinessConfig is not a boolean; write true or false')
  if (stickiness === null || !isSticky) return { ok: true, value: { kind: 'forward', entries } }
  const seconds = Number(textOf(stickiness, 'durationSeconds') ?? Number.NaN)
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_STICKINESS_SECONDS) {
    return fail(
      `targetGroupStickinessConfig has no usable "durationSeconds"; write seconds from 1 to ${MAX_STICKINESS_SECONDS}`,
    )
  }
  return { ok: true, value: { kind: 'forward', entries, stickinessSeconds: seconds } }
}

function toTarget(entry: JsonObject): ForwardEntry['target'] | null {
  const arn = textOf(entry, 'targetGroupARN') ?? ''
  if (arn !== '') return { kind: 'arn', arn }
  const name = textOf(entry, 'targetGroupName') ?? ''
  if (name !== '') return { kind: 'name', name }
  const service = textOf(entry, 'serviceName') ?? ''
  return service === '' ? null : { kind: 'service', name: service, port: toPortRef(textOf(entry, 'servicePort') ?? '') }
}

function parseRedirect(config: JsonObject): ParsedActionValue {
  const part = (key: string, kept: string): string => {
    const text = textOf(config, key) ?? ''
    return text === '' ? kept : text
  }
  const host = part('host', '#{host}')
  const path = part('path', '/#{path}')
  // An empty query is a wish: it drops what the request has.
  const query = textOf(config, 'query') ?? '#{query}'
  const long = [host, path, query].find((text) => text.length > 128)
  if (long !== undefined) {
    return fail(`a part of redirectConfig has ${long.length} characters; at most 128 are accepted`)
  }
  const protocol = part('protocol', '#{protocol}')
  return {
    ok: true,
    value: {
      kind: 'action',
      action: {
        type: 'redirect',
        protocol: protocol.startsWith('#') ? protocol : protocol.toUpperCase(),
        host,
        port: part('port', '#{port}'),
        path,
        query,
        statusCode: textOf(config, 'statusCode') === 'HTTP_302' ? 'HTTP_302' : 'HTTP_301',
      },
    },
  }
}

function parseFixedResponse(config: JsonObject): ParsedActionValue {
  const contentType = textOf(config, 'contentType') ?? ''
  if (contentType !== '' && !CONTENT_TYPES.includes(contentType)) {
    return fail(`the contentType ${quote(contentType)} is not known to an ALB; write ${CONTENT_TYPES.join(', ')}`)
  }
  return {
    ok: true,
    value: {
      kind: 'action',
      action: {
        type: 'fixed-response',
        statusCode: textOf(config, 'statusCode') ?? '503',
        contentType,
        messageBody: textOf(config, 'messageBody') ?? '',
      },
    },
  }
}

function toBool(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value
  return typeof value === 'string' ? parseBool(value) : null
}

function fail(problem: string): ParsedActionValue {
  return { ok: false, problem }
}
