/** What a Lease says about who leads (`coordination.k8s.io/v1`, LeaseSpec), and what one may make of it. Pure. */

export interface Lease {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly resourceVersion?: string }
  readonly spec?: {
    readonly holderIdentity?: string | null
    readonly leaseDurationSeconds?: number | null
    readonly acquireTime?: string | null
    readonly renewTime?: string | null
    readonly leaseTransitions?: number | null
  }
}

/** A Lease as seen here: clocks of others are not trusted, so what counts is when we saw it change. */
export interface ObservedLease {
  readonly lease: Lease
  /** By our own monotonic clock, milliseconds. */
  readonly sinceMs: number
}

/** Keeps the time of the earlier observation while nothing changed. */
export function observeLease(before: ObservedLease | null, lease: Lease, nowMs: number): ObservedLease {
  const isSame =
    before !== null &&
    before.lease.spec?.holderIdentity === lease.spec?.holderIdentity &&
    before.lease.spec?.renewTime === lease.spec?.renewTime &&
    before.lease.spec?.leaseTransitions === lease.spec?.leaseTransitions
  return { lease, sinceMs: isSame ? before.sinceMs : nowMs }
}

/** Milliseconds until it may be taken by somebody else; 0 = now. */
export function freeInMs({ lease, sinceMs }: ObservedLease, identity: string, nowMs: number): number {
  const { holderIdentity, leaseDurationSeconds } = lease.spec ?? {}
  if (!holderIdentity || holderIdentity === identity) return 0
  return Math.max(0, sinceMs + (leaseDurationSeconds ?? 0) * 1000 - nowMs)
}

/** The Lease as we hold it, or go on holding it. */
export function heldBy(identity: string, lease: Lease, ttlSeconds: number, now: Date): Lease {
  const wasOurs = lease.spec?.holderIdentity === identity
  const at = microTime(now)
  return {
    ...lease,
    spec: {
      holderIdentity: identity,
      leaseDurationSeconds: ttlSeconds,
      acquireTime: wasOurs ? (lease.spec?.acquireTime ?? at) : at,
      renewTime: at,
      leaseTransitions: (lease.spec?.leaseTransitions ?? 0) + (wasOurs ? 0 : 1),
    },
  }
}

/** The Lease as we leave it: whoever looks may take it at once. */
export function released(lease: Lease, now: Date): Lease {
  const at = microTime(now)
  return {
    ...lease,
    spec: {
      ...lease.spec,
      holderIdentity: '',
      leaseDurationSeconds: 1,
      acquireTime: at,
      renewTime: at,
    },
  }
}

/** MicroTime of the API: six digits. */
function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z')
}
