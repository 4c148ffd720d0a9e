/** The `actions.NAME` annotation: what an ALB does with a request, as JSON. Keys match in any case. */
import { type JsonObject, parseJson, textOf, toObject } from './json-value.ts'

export type AlbAction =
  | { readonly kind: 'forward'; readonly services: readonly { readonly name: string; readonly port: string }[] }
  | {
      readonly kind: 'redirect'
      /** Empty where the part of the request is kept. */
      readonly protocol: string
      readonly host: string
      readonly port: string
      readonly statusCode: string
    }
  | { readonly kind: 'fixed-response'; readonly statusCode: string }

export type ParsedAction =
  | { readonly ok: true; readonly action: AlbAction }
  | { readonly ok: false; readonly problem: string }

const TYPES = 'write "forward", "redirect" or "fixed-response"'

/** Reads one action; a problem reads `<state>; <what would be accepted>`. */
export function parseAlbAction(text: string): ParsedAction {
  const json = parseJson(text)
  if (!json.ok) return json
  const action = toObject(json.value)
  if (action === null) return fail('it is not a JSON object; write \'{"type": "redirect", "redirectConfig": {...}}\'')
  const type = textOf(action, 'type')
  if (type === undefined) return fail(`it has no "type"; ${TYPES}`)
  switch (type) {
    case 'forward':
      return parseForward(action)
    case 'redirect':
      return parseRedirect(action)
    case 'fixed-response':
      return parseFixedResponse(action)
    default:
      return fail(`the type ${JSON.stringify(type.slice(0, 40))} is not known; ${TYPES}`)
  }
}

function parseForward(action: JsonObject): ParsedAction {
  const config = toObject(action.get('forwardconfig'))
  if (config === null) {
    const count = [action.get('targetgrouparn'), action.get('targetgroupname')].filter(isText).length
    if (count === 1) return { ok: true, action: { kind: 'forward', services: [] } }
    return fail('a forward names no target group; write "targetGroupARN", "targetGroupName" or "forwardConfig"')
  }
  const groups = config.get('targetgroups')
  if (!Array.isArray(groups) || groups.length === 0) {
    return fail('forwardConfig has no "targetGroups"; write at least one entry')
  }
  const services: { name: string; port: string }[] = []
  for (const [index, entry] of (groups as readonly unknown[]).entries()) {
    const group = toObject(entry)
    const where = `targetGroups[${index}]`
    if (group === null) return fail(`${where} is not an object; write {"serviceName": "...", "servicePort": 80}`)
    const name = textOf(group, 'serviceName')
    const port = textOf(group, 'servicePort')
    const identities = [group.get('targetgrouparn'), group.get('targetgroupname'), name].filter(isText).length
    if (identities !== 1) {
      return fail(`${where} names ${identities} targets; write one of targetGroupARN, targetGroupName and serviceName`)
    }
    if (isText(name) && port === undefined) return fail(`${where} has no "servicePort"; write the port of the Service`)
    const weight = group.get('weight')
    if (groups.length > 1 && weight === undefined)
      return fail(`${where} has no "weight"; every one of several needs it`)
    if (weight !== undefined && !isWeight(weight))
      return fail(`${where} has a wrong weight; write a number from 0 to 999`)
    if (isText(name) && port !== undefined) services.push({ name, port })
  }
  return { ok: true, action: { kind: 'forward', services } }
}

function parseRedirect(action: JsonObject): ParsedAction {
  const config = toObject(action.get('redirectconfig'))
  if (config === null) return fail('a redirect has no "redirectConfig"; write it with at least a statusCode')
  const statusCode = textOf(config, 'statusCode')
  if (statusCode !== 'HTTP_301' && statusCode !== 'HTTP_302') {
    const state = statusCode === undefined ? 'has no "statusCode"' : `has the statusCode ${JSON.stringify(statusCode)}`
    return fail(`redirectConfig ${state}; write "HTTP_301" or "HTTP_302"`)
  }
  const protocol = textOf(config, 'protocol') ?? ''
  if (protocol !== '' && protocol !== '#{protocol}' && !/^https?$/i.test(protocol)) {
    return fail(
      `redirectConfig has the protocol ${JSON.stringify(protocol.slice(0, 40))}; write "HTTP", "HTTPS" or "#{protocol}"`,
    )
  }
  const path = textOf(config, 'path') ?? ''
  if (path !== '' && !path.startsWith('/'))
    return fail('the path of redirectConfig does not begin with "/"; begin it with "/"')
  const kept = (key: string): string => {
    const value = textOf(config, key) ?? ''
    return value === `#{${key}}` ? '' : value
  }
  const port = kept('port')
  if (port !== '' && !isPort(port))
    return fail('the port of redirectConfig is not 1 to 65535; write a port or "#{port}"')
  return {
    ok: true,
    action: { kind: 'redirect', protocol: kept('protocol').toUpperCase(), host: kept('host'), port, statusCode },
  }
}

function parseFixedResponse(action: JsonObject): ParsedAction {
  const config = toObject(action.get('fixedresponseconfig'))
  if (config === null) return fail('a fixed response has no "fixedResponseConfig"; write it with at least a statusCode')
  const statusCode = textOf(config, 'statusCode')
  if (statusCode === undefined || !/^[245]\d\d$/.test(statusCode)) {
    return fail('fixedResponseConfig has no usable "statusCode"; write a 2XX, 4XX or 5XX status such as "404"')
  }
  const body = textOf(config, 'messageBody') ?? ''
  if (body.length > 1024) return fail(`the messageBody has ${body.length} characters; at most 1024 are accepted`)
  return { ok: true, action: { kind: 'fixed-response', statusCode } }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isWeight(value: unknown): boolean {
  const weight = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  return typeof weight === 'number' && Number.isInteger(weight) && weight >= 0 && weight <= 999
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535
}

function fail(problem: string): ParsedAction {
  return { ok: false, problem }
}
