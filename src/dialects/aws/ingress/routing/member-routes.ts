/** What the paths of one member ask for, before ports and protocols come into it. */
import type { RuleCondition, RuleTransform } from '../../../../aws/stack/rule.ts'
import type { Origin } from '../../../../base/finding.ts'
import { originOf } from '../../../../kube/meta.ts'
import type { IngressPath } from '../../../../kube/objects.ts'
import { valueOr } from '../../annotation-reader.ts'
import type { GroupMember } from '../group.ts'
import { readAuth, remarkIdleLogins, type RouteAuth } from './auth.ts'
import { isBlankProtection } from './blank-protection.ts'
import { type BackendPlan, type BackendTools, planBackend } from './backend.ts'
import { type ExtraConditions, NO_EXTRAS, parseExtraConditions } from './extra-conditions.ts'
import { comparePaths, toPathPattern } from './path-pattern.ts'
import { remarkLateRedirects } from './redirect-remarks.ts'
import { matchesEverything, toRuleMatches, toWiderMatch } from './rule-conditions.ts'
import { parseTransforms } from './transforms-value.ts'
import { unavailable } from './unavailable.ts'

export interface MemberRoute {
  /** One entry for each rule that is needed. */
  readonly matches: readonly (readonly RuleCondition[])[]
  readonly plan: RoutePlan
  readonly transforms: readonly RuleTransform[]
  readonly origin: Origin
}

/** What happens to a request once its conditions hold. */
export interface RoutePlan {
  readonly backend: BackendPlan
  /** `open` where the backend answers 503 anyway. */
  readonly auth: Exclude<RouteAuth, { kind: 'refused' }>
}

const OPEN = { kind: 'open' } as const
const REFUSED_TEXT = 'The settings of this Ingress cannot be used'

export interface MemberPlace {
  /** The member shares its load balancer with nobody. */
  readonly isAlone: boolean
  /** Its rules are on an HTTP listener too. */
  readonly hasHttpRules: boolean
}

/** In order of precedence. */
export function readMemberRoutes(
  member: GroupMember,
  { isAlone, hasHttpRules }: MemberPlace,
  tools: BackendTools,
): readonly MemberRoute[] {
  const { ingress } = member
  const usesRegex = valueOr(tools.reader.bool([ingress], 'use-regex-path-match'), false)
  return ingress.spec.rules.flatMap((rule, ruleIndex) => {
    if (rule.host !== '' && !rule.host.includes('.')) {
      const message = `Cannot be sure that an ALB takes the host ${rule.host}: it has no dot, which AWS asks for; write a host with a domain`
      tools.context.report('HOST_INVALID', message, originOf(ingress, 'spec', 'rules', ruleIndex, 'host'), 'warning')
    }
    const routes = rule.paths
      .map((path, pathIndex) => ({ path, pathIndex }))
      .sort((a, b) => comparePaths(a.path, b.path))
      .flatMap(({ path, pathIndex }) => {
        const field = ['spec', 'rules', ruleIndex, 'http', 'paths', pathIndex]
        const route = readRoute({ member, host: rule.host, path, field, usesRegex, isAlone }, tools)
        return route === null ? [] : [{ ...route, pathIndex }]
      })
    if (hasHttpRules) {
      remarkLateRedirects(
        routes.map(({ plan, ...route }) => ({ ...route, action: plan.backend.action })),
        tools.context.report,
      )
    }
    return routes
  })
}

/** The plan of a default backend. */
export function planDefaultBackend(member: GroupMember, tools: BackendTools): RoutePlan | null {
  const { ingress } = member
  const backend = ingress.spec.defaultBackend
  if (backend === undefined) return null
  if (member.refusal !== null) return refused(REFUSED_TEXT)
  const field = ['spec', ingress.isLegacyVersion ? 'backend' : 'defaultBackend']
  return withAuth(planBackend({ member, backend, field }, tools), member, tools)
}

interface PlacedPath {
  readonly member: GroupMember
  readonly host: string
  readonly path: IngressPath
  readonly field: readonly (string | number)[]
  readonly usesRegex: boolean
  readonly isAlone: boolean
}

/** `null` when no rule can be written for the path; a finding says why. */
function readRoute(placed: PlacedPath, tools: BackendTools): MemberRoute | null {
  const { member, host, path, field } = placed
  const { report } = tools.context
  const origin = originOf(member.ingress, ...field)
  const pattern = toPathPattern(path, placed.usesRegex)
  const refuse = (code: 'PATH_INVALID' | 'AWS_RULE_TOO_LARGE', problem: string): void => {
    const message = `Cannot use the path ${JSON.stringify(path.path)}: ${problem}`
    report(code, message, originOf(member.ingress, ...field, 'path'))
  }
  if (pattern.kind === 'refused') {
    refuse('PATH_INVALID', pattern.problem)
    return null
  }
  const extras = readExtras(placed, tools)
  const matches = toRuleMatches(host, pattern, extras ?? NO_EXTRAS)
  if (!matches.ok) refuse('AWS_RULE_TOO_LARGE', matches.problem)
  if (extras === null || !matches.ok) {
    const wider = toWiderMatch(host, pattern)
    // The conditions would have left requests to others; a 503 for all of them would not.
    if (wider === null || (!placed.isAlone && matchesEverything(wider))) return null
    return { matches: [wider], plan: refused('The conditions of this path cannot be used'), transforms: [], origin }
  }
  if (member.refusal !== null) {
    return { matches: matches.matches, plan: refused(REFUSED_TEXT), transforms: [], origin }
  }
  const transforms = readTransforms(placed, tools)
  const plan =
    transforms === null
      ? refused('The transforms of this path cannot be used')
      : withAuth(planBackend({ member, backend: path.backend, field: [...field, 'backend'] }, tools), member, tools)
  return {
    matches: matches.matches,
    plan,
    transforms: plan.backend.isUnavailable ? [] : (transforms ?? []),
    origin,
  }
}

function withAuth(backend: BackendPlan, member: GroupMember, { context, reader }: BackendTools): RoutePlan {
  if (backend.isUnavailable) return { backend, auth: OPEN }
  const sources = { ingress: member.ingress, service: backend.service }
  const auth = readAuth(sources, reader, context.snapshot, context.report)
  if (auth.kind === 'open' && backend.service === null) remarkIdleLogins(backend.services, reader, context.report)
  return auth.kind === 'refused' ? refused('The protection of this path cannot be used') : { backend, auth }
}

/** `null` when they are there and cannot be read. */
function readExtras(placed: PlacedPath, tools: BackendTools): ExtraConditions | null {
  const { member, path } = placed
  const { context, reader } = tools
  if (path.backend.kind !== 'service') return NO_EXTRAS
  const name = reader.fullName(`conditions.${path.backend.name}`)
  if (isBlankProtection([member.ingress], name, context.report)) return null
  return readOfBackend('conditions', placed, tools, parseExtraConditions, NO_EXTRAS)
}

/** `null` when they are there and cannot be read. */
function readTransforms(placed: PlacedPath, tools: BackendTools): readonly RuleTransform[] | null {
  return readOfBackend('transforms', placed, tools, parseTransforms, [])
}

type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string }

/** What the annotation `PREFIX.BACKEND` says. @returns `null` when it cannot be read */
function readOfBackend<T>(
  prefix: string,
  { member, path }: PlacedPath,
  { context, reader }: BackendTools,
  parse: (value: unknown) => Parsed<T>,
  absent: T,
): T | null {
  if (path.backend.kind !== 'service') return absent
  const reading = reader.json([member.ingress], `${prefix}.${path.backend.name}`, { protects: true })
  if (reading.kind !== 'value') return reading.kind === 'absent' ? absent : null
  const parsed = parse(reading.value)
  if (parsed.ok) return parsed.value
  const message = `Cannot use annotation ${reading.name}: ${parsed.problem}`
  context.report('ANNOTATION_VALUE', message, reading.origin, 'error')
  return null
}

function refused(text: string): RoutePlan {
  const backend: BackendPlan = {
    action: unavailable(text),
    isUnavailable: true,
    service: null,
    services: [],
    isGrpc: false,
  }
  return { backend, auth: OPEN }
}
