/**
 * ALB's redirect action to https, the first rule of many manifests. On the http listener it takes all that its path
 * covers; on the https listener the controller drops it, because it would lead to itself. Here:
 * every later location that it covers redirects plain http, and it answers 404 itself where no other location does.
 */
import { claimKey, type Location } from '../ingress/location.ts'
import { compareAlbLocations } from './locations.ts'

/** Locations of one host in any order; those of ALBs changed, others as they are. */
export function spreadHttpsRedirects(locations: readonly Location[]): readonly Location[] {
  const redirects = locations.filter((location) => location.target.kind === 'https-redirect')
  if (redirects.length === 0) return locations
  const answered = new Set(
    locations.filter((one) => one.target.kind !== 'https-redirect').map((one) => claimKey(one.match)),
  )
  return locations
    .filter((one) => one.target.kind !== 'https-redirect' || !answered.has(claimKey(one.match)))
    .map((location) => {
      const { target } = location
      if (target.kind === 'https-redirect') {
        return {
          ...location,
          target: { kind: 'respond', answer: location.served.personality.notFound },
          settings: { ...location.settings, httpsRedirect: 'always', httpsRedirectStatus: target.status },
          rank: Number.MAX_SAFE_INTEGER,
        } satisfies Location
      }
      const cover = redirects.find((redirect) => isBefore(redirect, location) && covers(redirect, location))
      if (cover?.target.kind !== 'https-redirect') return location
      return {
        ...location,
        settings: { ...location.settings, httpsRedirect: 'always', httpsRedirectStatus: cover.target.status },
      } satisfies Location
    })
}

/** Where an Ingress lists a redirect it means all of its own paths; of its group's, those that come later. */
function isBefore(redirect: Location, location: Location): boolean {
  if (redirect.served === location.served) return true
  return redirect.served.group === location.served.group && compareAlbLocations(redirect, location) < 0
}

function covers(redirect: Location, location: Location): boolean {
  const { match } = redirect
  if (match.kind === 'regex' || match.kind === 'exact') return false
  if (match.path === '/') return true
  const path = location.match.kind === 'regex' ? location.path : location.match.path
  return match.kind === 'string-prefix'
    ? path.startsWith(match.path)
    : path === match.path || path.startsWith(`${match.path}/`)
}
