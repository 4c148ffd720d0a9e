/** Gathers what all served Ingresses claim, host by host. The oldest claim on a path stands (ingress-nginx, how-it-works.md). */
import { describeObject, originOf } from '../../kube/meta.ts'
import type { IngressPath } from '../../kube/objects.ts'
import { inGroupOrder } from '../alb/group-order.ts'
import { isNamedGroup } from '../alb/groups.ts'
import { locationsFor, onlyGroupOf, type PlacedLocation } from '../alb/spread-rules.ts'
import { toAlbTarget } from '../alb/targets.ts'
import { toAlbMatch } from '../alb/locations.ts'
import { toContourMatch } from '../contour/locations.ts'
import { toNginxMatch } from '../nginx/locations.ts'
import { settingsForPath } from '../genkan/path-settings.ts'
import type { PathMatch } from '../../routing/model.ts'
import type { Report } from '../report.ts'
import { claimKey, type HostDraft, type Location, type LocationTarget, type ServedIngress } from './location.ts'
import { admitRegex } from './path-regex.ts'

type Field = readonly (string | number)[]

/** Default routes of ALBs come after every rule. */
const LAST_RANK = Number.MAX_SAFE_INTEGER

interface Draft extends HostDraft {
  readonly claims: Map<string, Location>
}

/** @param served oldest first */
export function collectHosts(served: readonly ServedIngress[], report: Report): readonly HostDraft[] {
  const drafts = new Map<string, Draft>()
  const draftOf = (host: string): Draft => {
    let draft = drafts.get(host)
    if (draft === undefined) {
      draft = { host, members: [], locations: [], claims: new Map() }
      drafts.set(host, draft)
    }
    return draft
  }
  const ofAlbs = new Map<string, PlacedLocation[]>()
  const keepForAlb = (host: string, location: Location): void => {
    const { group } = location.served
    if (group === '') return
    const known = ofAlbs.get(group)
    if (known === undefined) ofAlbs.set(group, [{ host, location }])
    else known.push({ host, location })
  }
  let rank = 0
  for (const member of inGroupOrder(served)) {
    const { ingress } = member
    const { rules, defaultBackend } = ingress.spec
    if (rules.length === 0 && defaultBackend === undefined) {
      report(
        'INGRESS_EMPTY',
        `Cannot route anything with ${describeObject(ingress)}: it has neither rules nor a default backend; accepted is one of them`,
        originOf(ingress, 'spec'),
      )
    }
    rules.forEach((rule, index) => {
      rank++
      const draft = joinHost(draftOf(rule.host), member)
      rule.paths.forEach((path, at) => {
        const location = toLocation(member, path, ['spec', 'rules', index, 'http', 'paths', at], rank, report)
        if (location === null) return
        keepForAlb(rule.host, location)
        claim(draft, location, report)
      })
    })
    for (const [host, location] of defaultLocations(member, report)) {
      if (host === '') keepForAlb(host, location)
      claim(joinHost(draftOf(host), member), location, report)
    }
  }
  return [...drafts.values()].map((draft) => inAlbOrder(draft, ofAlbs, report))
}

/** A host of one ALB alone gets the rules for all hosts, too, and all in the order of the ALB. */
function inAlbOrder(draft: Draft, ofAlbs: ReadonlyMap<string, readonly PlacedLocation[]>, report: Report): HostDraft {
  const group = onlyGroupOf(draft)
  if (group === null) return draft
  const anew: Draft = { host: draft.host, members: draft.members, locations: [], claims: new Map() }
  for (const { host, location } of locationsFor(draft.host, ofAlbs.get(group) ?? [])) {
    // A rule for more hosts than this one is of use elsewhere.
    claim(anew, location, host === draft.host ? report : () => undefined)
  }
  return anew
}

function joinHost(draft: Draft, member: ServedIngress): Draft {
  if (draft.members.at(-1) !== member) draft.members.push(member)
  return draft
}

function toLocation(
  served: ServedIngress,
  path: IngressPath,
  field: Field,
  rank: number,
  report: Report,
): Location | null {
  const { ingress } = served
  const settings = settingsForPath(served.settings, path.path, path.pathType)
  const pathField = [...field, 'path']
  const match = toMatch(served, path, pathField, report)
  if (match === null) return null
  const backendField = [...field, 'backend']
  const target: LocationTarget =
    served.personality.name === 'alb'
      ? toAlbTarget(ingress, path.backend, backendField, report)
      : { kind: 'backend', backend: path.backend }
  return {
    served,
    path: path.path,
    pathType: path.pathType,
    match,
    target,
    settings,
    field: pathField,
    backendField,
    role: '',
    rank,
  }
}

function toMatch(served: ServedIngress, path: IngressPath, field: Field, report: Report): PathMatch | null {
  switch (served.personality.name) {
    case 'nginx':
      return toNginxMatch(path)
    case 'contour': {
      const match = toContourMatch(path)
      if (match.kind !== 'regex') return match
      // The path alone first: the end anchor around it must not be reachable.
      const origin = originOf(served.ingress, ...field)
      return admitRegex(path.path, false, origin, report) && admitRegex(match.source, false, origin, report)
        ? match
        : null
    }
    case 'alb': {
      const match = toAlbMatch(path, served.ingress, field, report)
      if (match?.kind !== 'regex') return match
      return admitRegex(match.source, false, originOf(served.ingress, ...field), report) ? match : null
    }
  }
}

/**
 * Where `spec.defaultBackend` takes requests as a location of its own. nginx has one on the catch-all host for an
 * Ingress without rules, redirects and rewrites not honoured there (its other hosts have a default location anyway);
 * Contour on the catch-all host; an ALB wherever no rule matches.
 */
function defaultLocations(served: ServedIngress, report: Report): readonly (readonly [string, Location])[] {
  const { ingress, personality } = served
  const { defaultBackend, rules } = ingress.spec
  if (defaultBackend === undefined) return []
  const isNginx = personality.name === 'nginx'
  if (isNginx && rules.length > 0) return []
  const field = ['spec', ingress.isLegacyVersion ? 'backend' : 'defaultBackend']
  const location: Location = {
    served,
    path: '/',
    pathType: 'Prefix',
    match: { kind: 'prefix', path: '/' },
    target:
      personality.name === 'alb'
        ? toAlbTarget(ingress, defaultBackend, field, report)
        : { kind: 'backend', backend: defaultBackend },
    settings: isNginx
      ? { ...served.settings, httpsRedirect: 'never', redirect: null, rewriteTarget: '', usesRegex: false, appRoot: '' }
      : served.settings,
    field,
    backendField: field,
    role: 'default',
    rank: LAST_RANK,
  }
  const hosts = new Set(['', ...(personality.name === 'alb' ? rules.map((rule) => rule.host) : [])])
  return [...hosts].map((host) => [host, location] as const)
}

function claim(draft: Draft, location: Location, report: Report): void {
  // On its way to https a request may still meet another rule of the same path.
  const isOnTheWay = location.target.kind === 'https-redirect'
  const key = `${isOnTheWay ? 'https ' : ''}${claimKey(location.match)}`
  const winner = draft.claims.get(key)
  if (winner === undefined) {
    draft.claims.set(key, location)
    draft.locations.push(location)
    return
  }
  // An ALB's default route gives way to a rule for everything without a word, as it would there.
  if (location.served.personality.name === 'alb' && location.role === 'default' && location.served === winner.served)
    return
  const { ingress } = location.served
  report(
    'PATH_CONFLICT',
    `Cannot route ${draft.host === '' ? 'all hosts' : draft.host} ${location.path} to ${describeObject(ingress)}: ` +
      `${describeWinner(winner, location.served)} has it; accepted is one rule per host, path and path type`,
    originOf(ingress, ...location.field),
  )
}

function describeWinner({ served, field }: Location, loser: ServedIngress): string {
  const { ingress } = served
  const origin = originOf(ingress, ...field)
  const place = origin.file === undefined ? '' : ` (${origin.file}:${origin.line ?? 1})`
  if (ingress === loser.ingress) return `${origin.path} of the same Ingress${place}`
  return isNamedGroup(served.group) && served.group === loser.group
    ? `${describeObject(ingress)}${place}, which comes before it in group ${served.group},`
    : `the older ${describeObject(ingress)}${place}`
}
