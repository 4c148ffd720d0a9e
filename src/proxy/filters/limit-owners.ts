/**
 * Who counts a client when several processes serve: one of them for each client and zone, and the others ask it. So a limit
 * holds exactly, whichever process a request reached.
 */
import type { RateLimit } from '../../routing/gate-config.ts'

/** Counts for itself, and for the others that ask. */
export interface LimitCounter {
  /** @returns 0 when the request passes and was counted, else the seconds after which the next one would */
  countRate(zone: string, limits: readonly RateLimit[], client: string): number
  /** @returns false when the client has `max` requests already; else one more was counted, until it is released */
  acquire(zone: string, client: string, max: number): boolean
  release(zone: string, client: string): void
}

/** Another process that counts. Answers as {@link LimitCounter}; `null` = it cannot be asked now, count here. */
export interface LimitOwner {
  countRate(zone: string, limits: readonly RateLimit[], client: string): Promise<number | null>
  acquire(zone: string, client: string, max: number): Promise<boolean | null>
  release(zone: string, client: string): void
}

/** @returns `null` where this process counts the client itself */
export type FindLimitOwner = (zone: string, client: string) => LimitOwner | null
