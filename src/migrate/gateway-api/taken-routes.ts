/** Routes that earlier ones leave nothing to. A Gateway goes by the length of paths, and would send them requests again. */
import type { PathMatch, Route } from '../../routing/model.ts'
import type { Remarks } from './remarks.ts'

/** @param routes in match order, by a controller that takes the first one that matches */
export function withoutTaken(routes: readonly Route[], remarks: Remarks): readonly Route[] {
  const kept: Route[] = []
  for (const route of routes) {
    const taker = kept.find(({ match }) => takesAll(match, route.match))
    if (taker === undefined) {
      kept.push(route)
      continue
    }
    remarks.differs(
      route.origin,
      `Cannot write the path ${route.labels.path} of ${route.origin.object}: ${taker.labels.path} comes before it and takes all of its requests, which a Gateway would send here; it is left out`,
    )
  }
  return kept
}

function takesAll(earlier: PathMatch, later: PathMatch): boolean {
  if (earlier.kind === 'prefix' && earlier.path === '/') return true
  if (earlier.kind === 'regex' || later.kind === 'regex') return false
  const { path } = later
  switch (earlier.kind) {
    case 'exact':
      return later.kind === 'exact' && path === earlier.path
    case 'prefix':
      return (path === earlier.path && later.kind !== 'string-prefix') || path.startsWith(`${earlier.path}/`)
    case 'string-prefix':
      return path.startsWith(earlier.path)
  }
}
