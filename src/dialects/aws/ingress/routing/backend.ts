/** What stands behind a path: a Service, an action written as an annotation, or nothing that can be served. */
import type { RuleAction } from '../../../../aws/stack/rule.ts'
import type { Ref } from '../../../../aws/stack/model.ts'
import type { Origin } from '../../../../base/finding.ts'
import { closestName } from '../../../../base/edit-distance.ts'
import { originOf } from '../../../../kube/meta.ts'
import type { IngressBackend, Service } from '../../../../kube/objects.ts'
import { quote } from '../../../annotations/check-value.ts'
import type { AnnotationReader } from '../../annotation-reader.ts'
import type { GroupMember } from '../group.ts'
import type { RoutingContext } from '../routing.ts'
import { type ActionValue, type ForwardEntry, parseActionValue } from './action-value.ts'
import type { TargetGroups } from './target-groups.ts'
import { unavailable } from './unavailable.ts'

/** The port name that stands for "look at the annotation actions.NAME". */
export const USE_ANNOTATION = 'use-annotation'

export interface BackendPlan {
  readonly action: Extract<RuleAction, { type: 'forward' | 'redirect' | 'fixed-response' }>
  /** It cannot be served; the action answers 503 and a finding was raised. */
  readonly isUnavailable: boolean
  /** The one Service that it forwards to, whose annotations about logins count. */
  readonly service: Service | null
  /** All Services that it forwards to. */
  readonly services: readonly Service[]
  /** It has a gRPC target group, which an HTTP listener cannot forward to. */
  readonly isGrpc: boolean
}

export interface PlacedBackend {
  readonly member: GroupMember
  readonly backend: IngressBackend
  /** Field path of the backend. */
  readonly field: readonly (string | number)[]
}

export interface BackendTools {
  readonly context: RoutingContext
  readonly reader: AnnotationReader
  readonly targetGroups: TargetGroups
}

export function planBackend(placed: PlacedBackend, tools: BackendTools): BackendPlan {
  const { member, backend, field } = placed
  const { ingress } = member
  if (backend.kind === 'invalid') return refuse('The backend of this path is not usable')
  if (backend.kind === 'resource') {
    const message = `Cannot serve the resource backend ${backend.name}: an ALB forwards to Services alone; name a Service`
    tools.context.report('BACKEND_RESOURCE', message, originOf(ingress, ...field, 'resource'), 'error')
    return refuse(`Backend ${backend.name} is not a Service`)
  }
  const isLegacy = ingress.isLegacyVersion
  const nameOrigin = originOf(ingress, ...field, ...(isLegacy ? ['serviceName'] : ['service', 'name']))
  if (backend.port.kind === 'name' && backend.port.name === USE_ANNOTATION) {
    return planAction(placed, backend.name, nameOrigin, tools)
  }
  const portField = isLegacy ? ['servicePort'] : ['service', 'port', backend.port.kind]
  const portOrigin = originOf(ingress, ...field, ...portField)
  const target = { kind: 'service', name: backend.name, port: backend.port } as const
  return planForward({ kind: 'forward', entries: [{ target, weight: 1 }] }, member, { nameOrigin, portOrigin }, tools)
}

function planAction({ member }: PlacedBackend, name: string, nameOrigin: Origin, tools: BackendTools): BackendPlan {
  const { context, reader } = tools
  const reading = reader.json([member.ingress], `actions.${name}`, { protects: true })
  if (reading.kind === 'absent') {
    const full = reader.fullName(`actions.${name}`)
    const prefix = reader.fullName('actions.')
    const written = Object.keys(member.ingress.meta.annotations).filter((key) => key.startsWith(prefix))
    const close = closestName(
      name,
      written.map((key) => key.slice(prefix.length)),
    )
    const wanted = close === null ? `add ${full} with a JSON action` : `did you mean the action ${close}`
    const message = `Cannot find the action ${name}: the Ingress has no annotation ${full}; ${wanted}`
    context.report('ACTION_NOT_FOUND', message, nameOrigin)
    return refuse(`Action ${name} does not exist`)
  }
  if (reading.kind === 'unusable') return refuse(`Action ${name} is not usable`)
  const parsed = parseActionValue(reading.value)
  if (!parsed.ok) {
    context.report(
      'ANNOTATION_VALUE',
      `Cannot use annotation ${reading.name}: ${parsed.problem}`,
      reading.origin,
      'error',
    )
    return refuse(`Action ${name} is not usable`)
  }
  if (parsed.value.kind === 'action') {
    return { action: parsed.value.action, isUnavailable: false, service: null, services: [], isGrpc: false }
  }
  return planForward(parsed.value, member, { nameOrigin: reading.origin, portOrigin: reading.origin }, tools)
}

interface Origins {
  readonly nameOrigin: Origin
  readonly portOrigin: Origin
}

interface Resolved {
  readonly ref: Ref
  readonly weight: number
  readonly service: Service | null
  readonly isGrpc: boolean
}

/**
 * Of several targets those that exist share the requests, so that a canary that is not there yet does not take the
 * others down. Where none of them would get any request, the answer is 503.
 */
function planForward(
  forward: Extract<ActionValue, { kind: 'forward' }>,
  member: GroupMember,
  origins: Origins,
  tools: BackendTools,
): BackendPlan {
  const resolved = new Map<string, Resolved>()
  const missing: string[] = []
  const consequence =
    forward.entries.length === 1 ? 'requests are answered 503' : 'the other targets of the action have its share'
  for (const entry of forward.entries) {
    const target = resolveEntry(entry, member, { ...origins, consequence }, tools)
    if (typeof target === 'string') {
      missing.push(target)
      continue
    }
    const key = typeof target.ref === 'string' ? target.ref : target.ref.ref
    const twin = resolved.get(key)
    // AWS takes a target group once in an action.
    resolved.set(key, twin === undefined ? target : { ...twin, weight: Math.min(999, twin.weight + target.weight) })
  }
  const targets = [...resolved.values()]
  const hasShare = targets.some(({ weight }) => weight > 0)
  if (missing.length > 0 && !hasShare) return refuse(missing.join('; '))
  const [only] = targets
  return {
    isUnavailable: false,
    // Not where one of several is left: its annotations were never meant for this rule.
    service: forward.entries.length === 1 && only !== undefined ? only.service : null,
    services: targets.flatMap(({ service }) => (service === null ? [] : [service])),
    isGrpc: targets.some(({ isGrpc }) => isGrpc),
    action: {
      type: 'forward',
      targetGroups: targets.map(({ ref, weight }) => ({
        targetGroup: ref,
        // A lone target group has all requests, whatever its weight says.
        weight: targets.length === 1 ? 1 : weight,
      })),
      ...(forward.stickinessSeconds === undefined ? {} : { stickinessSeconds: forward.stickinessSeconds }),
    },
  }
}

/** The target group, or what to say in the 503. */
function resolveEntry(
  { target, weight }: ForwardEntry,
  member: GroupMember,
  origins: Origins & { readonly consequence: string },
  { context, targetGroups }: BackendTools,
): Resolved | string {
  switch (target.kind) {
    case 'arn': {
      if (/^arn:[^:]+:elasticloadbalancing:[^:]+:\d*:targetgroup\/\S+$/.test(target.arn)) {
        return { ref: target.arn, weight, service: null, isGrpc: false }
      }
      const message = `Cannot forward to ${quote(target.arn)}: it is not the ARN of a target group; write arn:aws:elasticloadbalancing:...`
      context.report('AWS_TARGET_GROUP_UNKNOWN', message, origins.nameOrigin)
      return 'The target group of an action does not exist'
    }
    case 'name': {
      const known = context.options.inventory.targetGroups.find(({ name }) => name === target.name)
      if (known !== undefined) return { ref: known.arn, weight, service: null, isGrpc: false }
      const message = `Cannot forward to the target group ${target.name}: the account has none of that name; write one that exists`
      context.report('AWS_TARGET_GROUP_UNKNOWN', message, origins.nameOrigin)
      return `Target group ${target.name} does not exist`
    }
    case 'service': {
      const found = targetGroups.find({ member, name: target.name, port: target.port, ...origins })
      if (!found.ok) return found.text
      return { ref: { ref: `TargetGroup/${found.id}` }, weight, service: found.service, isGrpc: found.isGrpc }
    }
  }
}

function refuse(text: string): BackendPlan {
  return { action: unavailable(text), isUnavailable: true, service: null, services: [], isGrpc: false }
}
