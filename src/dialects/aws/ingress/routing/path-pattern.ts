/** What a path of an Ingress is to an ALB, and in which order the paths of one rule are tried. */
import type { IngressPath } from '../../../../kube/objects.ts'

export type PathPattern =
  /** Globs with `*` and `?`. */
  | { readonly kind: 'values'; readonly values: readonly string[] }
  | { readonly kind: 'regex'; readonly regex: string }
  /** No path was written: any path. */
  | { readonly kind: 'any' }
  | { readonly kind: 'refused'; readonly problem: string }

/** @param usesRegex `use-regex-path-match`: ImplementationSpecific paths are regular expressions behind a `/` */
export function toPathPattern(
  { path, pathType, isPathEmpty }: Omit<IngressPath, 'backend'>,
  usesRegex: boolean,
): PathPattern {
  if (pathType === 'ImplementationSpecific') {
    if (isPathEmpty === true) return { kind: 'any' }
    return usesRegex ? { kind: 'regex', regex: path.slice(1) } : { kind: 'values', values: [path] }
  }
  if (/[*?]/.test(path)) {
    return {
      kind: 'refused',
      problem: `an ALB takes no wildcard in ${pathType}; accepted is pathType ImplementationSpecific`,
    }
  }
  if (pathType === 'Exact') return { kind: 'values', values: [path] }
  const base = path.endsWith('/') ? path.slice(0, -1) : path
  return { kind: 'values', values: base === '' ? ['/*'] : [base, `${base}/*`] }
}

const TYPE_ORDER = { Exact: 0, Prefix: 1, ImplementationSpecific: 2 } as const satisfies Record<
  IngressPath['pathType'],
  number
>

/** Exact as listed, then Prefix longest text first, then ImplementationSpecific as listed. The sort has to be stable. */
export function comparePaths(a: IngressPath, b: IngressPath): number {
  return (
    TYPE_ORDER[a.pathType] - TYPE_ORDER[b.pathType] || (a.pathType === 'Prefix' ? b.path.length - a.path.length : 0)
  )
}
