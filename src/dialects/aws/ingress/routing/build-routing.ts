/** Rules, default actions and target groups of an IngressGroup, from the paths of its members. */
import type { RuleAction } from '../../../../aws/stack/rule.ts'
import type { TargetGroup } from '../../../../aws/stack/model.ts'
import { compareText, type Finding } from '../../../../base/finding.ts'
import { describeObject, originOf } from '../../../../kube/meta.ts'
import { AWS_ALB } from '../../../annotations/aws-alb.ts'
import { createAnnotationReader } from '../../annotation-reader.ts'
import type { GroupMember, IngressGroup, ListenPort } from '../group.ts'
import type { DraftRule, GroupRouting, PortRouting, RoutingContext } from '../routing.ts'
import type { BackendTools } from './backend.ts'
import { httpsPortOf, type ListenerActions, listensOn, toListenerActions } from './listener-actions.ts'
import {
  type MemberPlace,
  type MemberRoute,
  planDefaultBackend,
  readMemberRoutes,
  type RoutePlan,
} from './member-routes.ts'
import { optimizeRules, withoutCircles } from './optimize-rules.ts'
import { redirectOf, withoutLoops } from './redirect-loop.ts'
import { remarkLoops } from './redirect-remarks.ts'
import { createTargetGroups } from './target-groups.ts'
import { NOT_FOUND, redirectToHttps } from './unavailable.ts'
import { findUnreachable } from './unreachable-paths.ts'
import { remarkUnused } from './unused-annotations.ts'

interface RoutedMember {
  readonly member: GroupMember
  readonly routes: readonly MemberRoute[]
  readonly defaultPlan: RoutePlan | null
  readonly httpsPort: number | null
}

/** What cannot be served answers 503 at its place and has a finding; nothing that a member writes throws or harms another. */
export function buildRouting(group: IngressGroup, context: RoutingContext): GroupRouting {
  const reader = createAnnotationReader(AWS_ALB, context.report)
  const targetGroups = createTargetGroups(group, context, reader)
  const tools: BackendTools = { context, reader, targetGroups }
  for (const { ingress } of group.members) remarkUnused(ingress, reader, context.report)
  const members = group.members.map((member) => ({
    member,
    routes: readMemberRoutes(member, placeOf(member, group), tools),
    defaultPlan: planDefaultBackend(member, tools),
    httpsPort: httpsPortOf(member, group),
  }))
  const ports = group.ports.map((listener) => routePort(listener, members, group, context))
  const unreachable = findUnreachable(ports.map(({ tried }) => tried))
  return {
    ports: ports.map(({ tried: _tried, ...port }) => port),
    targetGroups: usedTargetGroups(ports, targetGroups.found),
    unreachable,
  }
}

function placeOf(member: GroupMember, group: IngressGroup): MemberPlace {
  const hasHttp = group.ports.some((port) => port.protocol === 'HTTP' && listensOn(member, port))
  return { isAlone: group.members.length === 1, hasHttpRules: hasHttp && group.sslRedirectPort === null }
}

function routePort(
  listener: ListenPort,
  members: readonly RoutedMember[],
  group: IngressGroup,
  context: RoutingContext,
): PortRouting & { readonly tried: readonly DraftRule[] } {
  const { port, protocol } = listener
  if (protocol === 'HTTP' && group.sslRedirectPort !== null) {
    return { port, protocol, defaultActions: [redirectToHttps(group.sslRedirectPort)], rules: [], tried: [] }
  }
  const here = members.filter(({ member }) => listensOn(member, listener))
  const drafts = here.flatMap((routed) => draftRules(routed, listener, context))
  const rules = optimizeRules(drafts, listener)
  for (const { finding } of rules) raise(finding, context)
  remarkLoops(rules, listener, context.report)
  return {
    port,
    protocol,
    defaultActions: defaultActions(here, listener, context),
    rules: rules.map(({ finding: _finding, ...rule }) => rule),
    tried: withoutCircles(drafts, listener),
  }
}

function raise(finding: Finding | null, { report }: RoutingContext): void {
  if (finding !== null) report(finding.code, finding.message, finding.origin, finding.severity)
}

function draftRules(
  { member, routes, httpsPort }: RoutedMember,
  listener: ListenPort,
  context: RoutingContext,
): readonly (DraftRule & Pick<ListenerActions, 'finding'>)[] {
  const tags = context.tagsOf(member, null)
  return routes.flatMap(({ matches, plan, transforms, origin }) => {
    const { actions, isOwn, finding } = toListenerActions(plan, listener, httpsPort, origin)
    return matches.map((conditions) => ({
      member: describeObject(member.ingress),
      origins: [origin],
      conditions,
      actions,
      transforms: isOwn ? transforms : [],
      tags,
      finding,
    }))
  })
}

/** The first member's default backend; a redirect that leads to itself here is none. */
function defaultActions(
  members: readonly RoutedMember[],
  listener: ListenPort,
  context: RoutingContext,
): readonly RuleAction[] {
  let chosen: RoutedMember | null = null
  let actions: readonly RuleAction[] = [NOT_FOUND]
  for (const routed of members) {
    const { member, defaultPlan, httpsPort } = routed
    if (defaultPlan === null) continue
    const field = member.ingress.isLegacyVersion ? 'backend' : 'defaultBackend'
    const origin = originOf(member.ingress, 'spec', field)
    if (chosen !== null) {
      const owner = describeObject(chosen.member.ingress)
      const message = `Cannot use the default backend on port ${listener.port}: ${owner} has one already and comes first in the group; remove one of them`
      context.report('AWS_DEFAULT_BACKENDS', message, origin)
      continue
    }
    const planned = toListenerActions(defaultPlan, listener, httpsPort, origin)
    const redirect = redirectOf(planned.actions)
    if (redirect !== null && withoutLoops([], redirect, listener) === null) continue
    raise(planned.finding, context)
    chosen = routed
    actions = planned.actions
  }
  return actions
}

function usedTargetGroups(
  ports: readonly PortRouting[],
  found: ReadonlyMap<string, TargetGroup>,
): readonly TargetGroup[] {
  const used = new Set<string>()
  for (const { defaultActions, rules } of ports) {
    for (const action of [...defaultActions, ...rules.flatMap((rule) => rule.actions)]) {
      if (action.type !== 'forward') continue
      for (const { targetGroup } of action.targetGroups) {
        if (typeof targetGroup !== 'string') used.add(targetGroup.ref.slice('TargetGroup/'.length))
      }
    }
  }
  return [...found.values()].filter(({ id }) => used.has(id)).sort((a, b) => compareText(a.id, b.id))
}
