/** An ALB's way of matching paths, on a machine without one. */
import { originOf } from '../../kube/meta.ts'
import type { Ingress, IngressPath } from '../../kube/objects.ts'
import type { PathMatch } from '../../routing/model.ts'
import type { Location } from '../ingress/location.ts'
import type { Report } from '../report.ts'

/**
 * ImplementationSpecific is a glob over the whole path: `*` any text, `?` one character. Exact and Prefix take no
 * wildcards; such a path is refused with a finding.
 */
export function toAlbMatch(
  { path, pathType }: Pick<IngressPath, 'path' | 'pathType'>,
  ingress: Ingress,
  field: readonly (string | number)[],
  report: Report,
): PathMatch | null {
  const hasWildcard = /[*?]/.test(path)
  if (pathType !== 'ImplementationSpecific' && hasWildcard) {
    report(
      'PATH_INVALID',
      `Cannot use the path ${JSON.stringify(path)}: an ALB takes no wildcard in ${pathType}; accepted is pathType ImplementationSpecific`,
      originOf(ingress, ...field),
    )
    return null
  }
  if (pathType === 'Prefix') return { kind: 'prefix', path: path.replace(/\/+$/, '') || '/' }
  if (!hasWildcard) return { kind: 'exact', path }
  const head = path.slice(0, -1)
  if (path.endsWith('/*') && !/[*?]/.test(head)) {
    return head === '/' ? { kind: 'prefix', path: '/' } : { kind: 'string-prefix', path: head }
  }
  return { kind: 'regex', source: `${globToRegex(path)}$`, caseInsensitive: false }
}

function globToRegex(glob: string): string {
  const escaped = glob.replace(/[\^$\\.+()[\]{}|]/g, '\\$&')
  return escaped.replace(/\*+/g, '.*').replaceAll('?', '.')
}

const TYPE_ORDER = { Exact: 0, Prefix: 1, ImplementationSpecific: 2 } as const satisfies Record<
  Location['pathType'],
  number
>

/** Members and rules in their order; inside a rule Exact, then Prefix longest first, then globs as listed. */
export function compareAlbLocations(a: Location, b: Location): number {
  return (
    a.rank - b.rank ||
    TYPE_ORDER[a.pathType] - TYPE_ORDER[b.pathType] ||
    (a.pathType === 'Prefix' ? b.path.length - a.path.length : 0)
  )
}
