/** The rules of one route: usually one, more with a canary. */
import type { Snapshot } from '../../kube/snapshot.ts'
import type { CanaryConfig } from '../../routing/canary.ts'
import type { ForwardAction, Route, VirtualHost } from '../../routing/model.ts'
import type { BackendRef, HeaderMatch, HttpRouteFilter, HttpRouteMatch, HttpRouteRule } from './gateway-objects.ts'
import type { Habits } from './habits.ts'
import { remarkNoEqual } from './no-equal.ts'
import { planPath } from './path-rewrite.ts'
import type { Remarks } from './remarks.ts'
import { forwardFilters, pathRedirect, redirectFilter } from './route-filters.ts'

export interface RuleContext {
  readonly host: VirtualHost
  readonly snapshot: Snapshot
  readonly isTls: boolean
  readonly habits: Habits
  readonly remarks: Remarks
}

export function rulesOf(route: Route, context: RuleContext): readonly HttpRouteRule[] {
  const { remarks } = context
  const { action, origin } = route
  // What a Gateway answers by itself.
  if (action.kind === 'respond' && action.answer.status === 404) return []
  const plan = planPath(route.match, action.kind === 'forward' ? action.rewriteTarget : '')
  if ('impossible' in plan) {
    remarks.leftOut(
      origin,
      `Cannot write a rule of ${origin.object}: ${plan.impossible}; give each path a rule of its own`,
    )
    return []
  }
  if (plan.differs !== '')
    remarks.differs(origin, `Cannot write the path of ${origin.object} quite the same: ${plan.differs}; check it`)
  const matches = [{ path: plan.match }]
  switch (action.kind) {
    case 'redirect': {
      const filter = redirectFilter(action.status, action.location)
      if (filter !== null) return [{ matches, filters: [filter] }]
      const state = 'a redirect of the Gateway API has scheme, host, port and path only'
      remarks.leftOut(origin, `Cannot write the redirect to ${action.location}: ${state}; leave out its query`)
      return []
    }
    case 'redirect-path':
      return [{ matches, filters: [pathRedirect(action.status, action.path)] }]
    case 'respond':
      return respondRules(route, matches, remarks)
    case 'forward':
      return forwardRules({ ...route, action }, plan.match, plan.rewrite, context)
  }
}

/** A closed route stays closed by a rule without backends. */
function respondRules(route: Route, matches: readonly HttpRouteMatch[], remarks: Remarks): readonly HttpRouteRule[] {
  const { action, origin } = route
  if (action.kind !== 'respond') return []
  const { status } = action.answer
  const state = 'the Gateway API has no fixed answers, so the rule has no backend and answers 500'
  if (status >= 500)
    remarks.differs(origin, `Cannot answer ${status} for ${origin.object}: ${state}; mend what closes it`)
  else
    remarks.noEqual(origin, `Cannot answer ${status} for ${origin.object}: ${state}; give it a Service that answers so`)
  return [{ matches }]
}

function forwardRules(
  route: Route & { readonly action: ForwardAction },
  path: HttpRouteMatch['path'],
  rewrite: object | null,
  context: RuleContext,
): readonly HttpRouteRule[] {
  const { remarks, snapshot, habits } = context
  if (!remarkNoEqual(route, habits, remarks)) return []
  const filters = forwardFilters(route, context.host, rewrite, context.isTls, remarks)
  const main = backendRef(route.action.backendId, route, snapshot, remarks)
  if (main === null) return []
  const rest = { ...(filters.length === 0 ? {} : { filters }), ...timeoutsOf(route, habits, remarks) }
  const canary = route.canary === undefined ? null : backendRef(route.canary.backendId, route, snapshot, remarks)
  if (route.canary === undefined || canary === null) return [{ matches: [{ path }], ...rest, backendRefs: [main] }]
  return canaryRules(route.canary, canary, main, path, rest, route, remarks)
}

type RuleRest = {
  readonly filters?: readonly HttpRouteFilter[]
  readonly timeouts?: { readonly backendRequest: string }
}

/** Rules with more header matches come first in a Gateway, as the header does here. */
function canaryRules(
  config: CanaryConfig,
  canary: BackendRef,
  main: BackendRef,
  path: HttpRouteMatch['path'],
  rest: RuleRest,
  route: Route,
  remarks: Remarks,
): readonly HttpRouteRule[] {
  const rule = (headers: readonly HeaderMatch[], backendRefs: readonly BackendRef[]): HttpRouteRule => ({
    matches: [{ path, ...(headers.length === 0 ? {} : { headers }) }],
    ...rest,
    backendRefs,
  })
  const rules: HttpRouteRule[] = []
  const { header, cookie, weight, weightTotal } = config
  if (header?.value !== undefined)
    rules.push(rule([{ type: 'Exact', name: header.name, value: header.value }], [canary]))
  else if (header?.pattern !== undefined) {
    rules.push(rule([{ type: 'RegularExpression', name: header.name, value: `.*(?:${header.pattern}).*` }], [canary]))
  } else if (header !== undefined) {
    rules.push(rule([{ type: 'Exact', name: header.name, value: 'always' }], [canary]))
    rules.push(rule([{ type: 'Exact', name: header.name, value: 'never' }], [main]))
  }
  if (cookie !== undefined) {
    remarks.differs(
      route.origin,
      `Cannot read the cookie ${cookie} of ${route.origin.object} as such: it is matched as text of the Cookie header; check that your implementation has regular expressions for headers`,
    )
    const name = cookie.replaceAll(/[^\w-]/g, String.raw`\$&`)
    const value = (word: string): string => `(?:.*;\\s*)?${name}=${word}(?:;.*)?`
    rules.push(rule([{ type: 'RegularExpression', name: 'Cookie', value: value('always') }], [canary]))
    rules.push(rule([{ type: 'RegularExpression', name: 'Cookie', value: value('never') }], [main]))
  }
  const share = Math.min(weight, weightTotal)
  const refs =
    share === 0
      ? [main]
      : [
          { ...main, weight: weightTotal - share },
          { ...canary, weight: share },
        ]
  return [...rules, rule([], refs)]
}

/** Idle time and whole time are not the same; a route with the default has none. */
function timeoutsOf(
  route: Route & { readonly action: ForwardAction },
  { name, settings }: Habits,
  remarks: Remarks,
): RuleRest {
  const { readTimeoutMs } = route.action
  if (readTimeoutMs === settings.readTimeoutMs) return {}
  remarks.differs(
    route.origin,
    `Cannot write ${name === 'nginx' ? 'proxy-read-timeout' : 'the timeout of answers'} of ${route.origin.object} quite the same: a Gateway’s timeout is for the whole answer, not for a pause in it; raise it for long answers`,
  )
  return { timeouts: { backendRequest: `${Math.round(readTimeoutMs / 1000)}s` } }
}

/** @returns `null`, with a remark, where the Service's port has no number */
function backendRef(backendId: string, route: Route, snapshot: Snapshot, remarks: Remarks): BackendRef | null {
  const [, namespace = '', name = '', port = ''] = /^([^/]*)\/(.*):([^:]*)$/.exec(backendId) ?? []
  const service = snapshot.service(namespace, name)
  const number = /^\d+$/.test(port) ? Number(port) : service?.spec.ports.find((one) => one.name === port)?.port
  if (number === undefined) {
    remarks.leftOut(
      route.origin,
      `Cannot refer to port ${port} of Service ${namespace}/${name}: the Gateway API has numbers only, and the Service is not among the manifests; add it`,
    )
    return null
  }
  return { name, ...(namespace === route.labels.namespace ? {} : { namespace }), port: number }
}
