/**
 * An ALB tries the rules of its listeners in one order, whatever hosts they name: a rule without a host, or with a wildcard, stands
 * before rules for single hosts where it is listed before them. A routing model chooses the host first, so that each host gets all the
 * rules that hold for it.
 */
import type { HostDraft, Location } from '../ingress/location.ts'
import { compareAlbLocations } from './locations.ts'

/** A location and the host of its rule; empty for all hosts. */
export interface PlacedLocation {
  readonly host: string
  readonly location: Location
}

/** The ALB that a host belongs to alone; `null` where others have a part in it too, and order means nothing. */
export function onlyGroupOf({ members }: HostDraft): string | null {
  const [first] = members
  if (first === undefined || first.group === '') return null
  return members.every(({ group }) => group === first.group) ? first.group : null
}

/** What holds for the host, in the order of the ALB. */
export function locationsFor(host: string, ofGroup: readonly PlacedLocation[]): readonly PlacedLocation[] {
  return ofGroup
    .filter((placed) => coversHost(placed.host, host))
    .toSorted((a, b) => compareAlbLocations(a.location, b.location))
}

function coversHost(pattern: string, host: string): boolean {
  return pattern === host || pattern === '' || (pattern.startsWith('*.') && host.endsWith(pattern.slice(1)))
}
