/** `service.beta.kubernetes.io/actions.PROTO-PORT`: a listener that shares its connections among several Services. */
import type { Origin } from '../../../base/finding.ts'
import { originOf } from '../../../kube/meta.ts'
import { type JsonObject, textOf, toObject } from '../../annotations/json-value.ts'
import type { PlannedListener } from './listener-plan.ts'
import { reportValue, type ServiceContext } from './service-context.ts'

export interface WeightedAction {
  readonly origin: Origin
  readonly name: string
  readonly baseWeight: number
  readonly others: readonly WeightedTarget[]
  /** Connections of a client stay with one target group. */
  readonly isSticky: boolean
}

export type WeightedTarget = { readonly weight: number } & (
  | { readonly kind: 'service'; readonly name: string; readonly port: string }
  | { readonly kind: 'arn'; readonly arn: string }
  | { readonly kind: 'name'; readonly name: string }
)

/** AWS has five target groups in an action, and one is the Service's own. */
const MAX_OTHERS = 4

/** Actions by the port of their listener. An action that is wrong leaves its listener with the Service alone. */
export function readActions(
  context: ServiceContext,
  planned: readonly PlannedListener[],
): ReadonlyMap<number, WeightedAction> {
  const { service, reader } = context
  const actions = new Map<number, WeightedAction>()
  const prefix = reader.fullName('actions.')
  for (const key of Object.keys(service.meta.annotations).sort()) {
    if (!key.startsWith(prefix)) continue
    const listener = findListener(planned, key.slice(prefix.length))
    if (listener === undefined) {
      const wanted = planned.map(({ protocol, usable }) => `actions.${protocol}-${usable.port.port}`).join(', ')
      const message = `Cannot use annotation ${key}: the load balancer has no such listener; ${wanted === '' ? 'remove it' : `write ${wanted}`}`
      context.report('ACTION_UNUSED', message, originOf(service, 'metadata', 'annotations', key))
      continue
    }
    const reading = reader.json([service], key.slice(reader.fullName('').length))
    if (reading.kind !== 'value') continue
    const parsed = parseAction(reading.value)
    if (typeof parsed === 'string') reportValue(context, reading, parsed)
    else actions.set(listener.usable.port.port, { ...parsed, origin: reading.origin, name: reading.name })
  }
  return actions
}

/** `TCP-80`: the protocol of the listener or of the Service's port. */
export function findListener(planned: readonly PlannedListener[], text: string): PlannedListener | undefined {
  return planned.find(
    ({ protocol, usable: { port } }) => text === `${protocol}-${port.port}` || text === `${port.protocol}-${port.port}`,
  )
}

function parseAction(json: unknown): Omit<WeightedAction, 'origin' | 'name'> | string {
  const action = toObject(json)
  if (action === null || textOf(action, 'type') !== 'forward') return 'an NLB only forwards; write "type": "forward"'
  const config = toObject(action.get('forwardconfig'))
  const groups = config?.get('targetgroups')
  if (config === null || !Array.isArray(groups)) return 'it has no "forwardConfig" with "targetGroups"; write them'
  if (groups.length > MAX_OTHERS)
    return `it names ${groups.length} target groups; at most ${MAX_OTHERS} beside the Service are accepted`
  const baseWeight = weightOf(config, 'baseServiceWeight')
  if (baseWeight === null) return 'baseServiceWeight is no number from 0 to 999; write one'
  const others: WeightedTarget[] = []
  for (const [index, entry] of (groups as readonly unknown[]).entries()) {
    const target = parseTarget(toObject(entry))
    if (typeof target === 'string') return `targetGroups[${index}] ${target}`
    others.push(target)
  }
  const stickiness = toObject(config.get('targetgroupstickinessconfig'))
  return { baseWeight, others, isSticky: stickiness?.get('enabled') === true }
}

function parseTarget(entry: JsonObject | null): WeightedTarget | string {
  if (entry === null) return 'is no object; write {"serviceName": "...", "servicePort": 80, "weight": 10}'
  const weight = weightOf(entry, 'weight')
  if (weight === null) return 'has a wrong weight; write a number from 0 to 999'
  const arn = textOf(entry, 'targetGroupARN')
  const groupName = textOf(entry, 'targetGroupName')
  const name = textOf(entry, 'serviceName')
  const port = textOf(entry, 'servicePort')
  if ([arn, groupName, name].filter((text) => text !== undefined && text !== '').length !== 1) {
    return 'has to name one of targetGroupARN, targetGroupName and serviceName'
  }
  if (arn !== undefined && arn !== '') return { kind: 'arn', arn, weight }
  if (groupName !== undefined && groupName !== '') return { kind: 'name', name: groupName, weight }
  if (port === undefined || name === undefined) return 'has no "servicePort"; write the port of the Service'
  return { kind: 'service', name, port, weight }
}

/** 1 when absent, as for AWS. */
function weightOf(object: JsonObject, key: string): number | null {
  const text = textOf(object, key)
  if (text === undefined) return object.has(key.toLowerCase()) && object.get(key.toLowerCase()) !== null ? null : 1
  const weight = Number(text)
  return Number.isInteger(weight) && weight >= 0 && weight <= 999 ? weight : null
}
