/**
 * nginx's way of matching paths (ingress-nginx, ingress-path-matching.md): a literal mode with element-wise prefixes, and
 * a regex mode that one Ingress switches on for the whole host.
 */
import { compareText } from '../../base/finding.ts'
import { compileLinearRegex } from '../../base/linear-regex.ts'
import { describeObject, originOf } from '../../kube/meta.ts'
import type { IngressPath } from '../../kube/objects.ts'
import type { PathMatch } from '../../routing/model.ts'
import { claimKey, type HostDraft, type Location, type ServedIngress } from '../ingress/location.ts'
import { admitRegex } from '../ingress/path-regex.ts'
import type { Report } from '../report.ts'

/** ImplementationSpecific is Prefix. A path with a trailing slash is a text prefix: nginx writes it as it stands. */
export function toNginxMatch({ path, pathType }: Pick<IngressPath, 'path' | 'pathType'>): PathMatch {
  if (pathType === 'Exact') return { kind: 'exact', path }
  if (path === '/' || !path.endsWith('/')) return { kind: 'prefix', path }
  return { kind: 'string-prefix', path }
}

/** Longer paths first, ties in reverse text order, Exact before Prefix of the same path. */
export function compareNginxLocations(a: Location, b: Location): number {
  return b.path.length - a.path.length || compareText(b.path, a.path) || rankOf(a) - rankOf(b)
}

function rankOf(location: Location): number {
  return location.pathType === 'Exact' || location.role === 'slash' ? 0 : 1
}

/** The host's locations with nginx's own added, in the mode that the host is in. Not yet in order. */
export function finishNginxLocations(host: HostDraft, report: Report): readonly Location[] {
  const locations = [...host.locations]
  const root = defaultLocation(host)
  if (root !== null) locations.push(root)
  const trigger = locations.find(turnsRegexOn)
  if (trigger !== undefined) return toRegexMode(host, locations, trigger, report)
  for (const location of locations) remarkRegexLike(location, report)
  return [...locations, ...slashRedirects(locations)]
}

/** True when the target replaces the path; a target equal to the path changes nothing. */
export function isRewriteEffective(location: Location): boolean {
  return location.settings.rewriteTarget !== '' && location.settings.rewriteTarget !== location.path
}

function isNginx(location: Location): boolean {
  return location.served.personality.name === 'nginx'
}

function turnsRegexOn(location: Location): boolean {
  return isNginx(location) && (location.settings.usesRegex || isRewriteEffective(location))
}

/**
 * The `/` that every nginx host has. It belongs to the oldest Ingress of the host that has a default backend, else to
 * the oldest, and carries that one's settings: an unknown path may be redirected to https before it is a 404.
 */
function defaultLocation(host: HostDraft): Location | null {
  const members = host.members.filter((member) => member.personality.hasDefaultLocation)
  const owner = members.find((member) => member.ingress.spec.defaultBackend !== undefined) ?? members[0]
  if (owner === undefined) return null
  const match: PathMatch = { kind: 'prefix', path: '/' }
  if (host.locations.some((location) => claimKey(location.match) === claimKey(match))) return null
  const { defaultBackend } = owner.ingress.spec
  const field = ['spec', owner.ingress.isLegacyVersion ? 'backend' : 'defaultBackend']
  return {
    served: owner,
    path: '/',
    pathType: 'Prefix',
    match,
    target: defaultBackend === undefined ? { kind: 'default' } : { kind: 'backend', backend: defaultBackend },
    settings: owner.settings,
    field: defaultBackend === undefined ? ['spec'] : field,
    backendField: field,
    role: 'default',
    rank: 0,
  }
}

function toRegexMode(
  host: HostDraft,
  locations: readonly Location[],
  trigger: Location,
  report: Report,
): readonly Location[] {
  remarkHostWide(host, locations, trigger, report)
  const out: Location[] = []
  for (const location of locations) {
    if (!isNginx(location)) {
      out.push(location)
      continue
    }
    if (!admitRegex(location.path, true, originOf(location.served.ingress, ...location.field), report)) continue
    out.push({ ...location, match: { kind: 'regex', source: location.path, caseInsensitive: true } })
  }
  return out
}

function remarkHostWide(host: HostDraft, locations: readonly Location[], trigger: Location, report: Report): void {
  const asked = new Set<ServedIngress>()
  for (const location of locations) if (turnsRegexOn(location)) asked.add(location.served)
  const cause = trigger.settings.usesRegex ? 'use-regex' : 'rewrite-target'
  for (const location of locations) {
    if (!isNginx(location) || asked.has(location.served)) continue
    // Once per Ingress is enough.
    asked.add(location.served)
    report(
      'REGEX_HOST_WIDE',
      `Cannot match ${location.path} on ${host.host === '' ? 'all hosts' : host.host} literally: ${cause} of ` +
        `${describeObject(trigger.served.ingress)} turns every path of the host into a case-insensitive regular expression; ` +
        'give one of the two another host to keep them apart',
      originOf(location.served.ingress, ...location.field),
    )
  }
}

/** nginx answers `/foo` with a redirect to `/foo/` where only the latter has a rule; before redirects to https. */
function slashRedirects(locations: readonly Location[]): readonly Location[] {
  const claimed = new Set(locations.map((location) => claimKey(location.match)))
  const out: Location[] = []
  for (const location of locations) {
    const { path } = location
    const isTextual = location.match.kind === 'string-prefix' || location.match.kind === 'exact'
    if (location.match.kind === 'exact' && !location.served.personality.mendsExactSlash) continue
    if (!isNginx(location) || !isTextual || path === '/' || !path.endsWith('/')) continue
    const bare = path.slice(0, -1)
    const match: PathMatch = { kind: 'exact', path: bare }
    if (claimed.has(claimKey(match)) || claimed.has(claimKey({ kind: 'prefix', path: bare }))) continue
    claimed.add(claimKey(match))
    out.push({
      ...location,
      path: bare,
      match,
      target: { kind: 'redirect-path', status: 301, path },
      settings: { ...location.settings, httpsRedirect: 'never', redirect: null, isDenied: false },
      role: 'slash',
    })
  }
  return out
}

function remarkRegexLike(location: Location, report: Report): void {
  if (!isNginx(location) || location.role !== '' || !/[*^$()[\]{}|\\]/.test(location.path)) return
  const regex = compileLinearRegex(location.path, true)
  const advice =
    'error' in regex ? 'remove the special characters' : 'set nginx.ingress.kubernetes.io/use-regex: "true"'
  report(
    'PATH_REGEX_LIKE',
    `Cannot match ${JSON.stringify(location.path)} as a regular expression: nothing turns them on for this host, so it is ` +
      `literal text; ${advice} if that is not meant`,
    originOf(location.served.ingress, ...location.field),
  )
}
