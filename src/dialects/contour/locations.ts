/** Contour's way of matching paths (Contour, ingress.md: Ingress Rules; request-routing.md). */
import { compareText } from '../../base/finding.ts'
import type { IngressPath } from '../../kube/objects.ts'
import type { PathMatch } from '../../routing/model.ts'
import type { Location } from '../ingress/location.ts'

/**
 * ImplementationSpecific is a regular expression if it has one of `^+*[]%`, else a text prefix. Envoy matches the whole
 * path with the expression, so its end is anchored here.
 */
export function toContourMatch({ path, pathType }: Pick<IngressPath, 'path' | 'pathType'>): PathMatch {
  if (pathType === 'Exact') return { kind: 'exact', path }
  if (pathType === 'Prefix') return { kind: 'prefix', path: path.replace(/\/+$/, '') || '/' }
  if (/[\^+*[\]%]/.test(path)) return { kind: 'regex', source: `(?:${path})$`, caseInsensitive: false }
  return path === '/' ? { kind: 'prefix', path } : { kind: 'string-prefix', path }
}

const KIND_ORDER = { exact: 0, regex: 1, prefix: 2, 'string-prefix': 2 } as const satisfies Record<
  PathMatch['kind'],
  number
>

/** Exact, then regex, then prefixes; longer first; a segment prefix before a text prefix; ties in text order. */
export function compareContourLocations(a: Location, b: Location): number {
  return (
    KIND_ORDER[a.match.kind] - KIND_ORDER[b.match.kind] ||
    b.path.length - a.path.length ||
    Number(a.match.kind === 'string-prefix') - Number(b.match.kind === 'string-prefix') ||
    compareText(a.path, b.path)
  )
}
