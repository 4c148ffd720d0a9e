/**
 * How fast we call AWS. AWS has one bucket per API for all of an account and region, which users share with everything else
 * they run; what we take of it stays well below. Rates are those of AWS Load Balancer Controller, known to be bearable.
 */
import type { CallClass } from '../sdk/actions.ts'
import type { Ports } from './ports.ts'

export interface Rate {
  /** Tokens per second, > 0. */
  readonly perSecond: number
  /** Capacity in tokens, >= 1. */
  readonly burst: number
}

export type Rates = Readonly<Record<CallClass, Rate>>

export const DEFAULT_RATES: Rates = {
  targets: { perSecond: 4, burst: 20 },
  read: { perSecond: 50, burst: 200 },
  write: { perSecond: 3, burst: 20 },
  wafRead: { perSecond: 1, burst: 1 },
  wafWrite: { perSecond: 0.5, burst: 1 },
  otherRead: { perSecond: 10, burst: 40 },
  otherWrite: { perSecond: 5, burst: 20 },
}

/** One token bucket. Refills when it is asked, so that an idle one holds no timer. */
export interface Bucket {
  /** Takes a token, first come, first served, and returns how many milliseconds to wait for it. */
  take(): number
  /** AWS throttled: half the rate from now on, down to an eighth, and back to all of it by and by. */
  slowDown(): void
}

/** A second after being throttled gives back this share of the rate. */
const RECOVERY_PER_SECOND = 0.05
const SLOWEST = 1 / 8

/** @throws {RangeError} when rate or burst is out of range */
export function createBucket(rate: Rate, nowMs: () => number): Bucket {
  if (!(rate.perSecond > 0) || !(rate.burst >= 1)) {
    const state = `${rate.perSecond} per second, ${rate.burst} at once`
    throw new RangeError(`Cannot create a budget: ${state}; wanted is a rate above 0 and a burst of at least 1`)
  }
  /** Below 0: promised to those who wait. */
  let tokens = rate.burst
  let share = 1
  let lastMs = nowMs()
  const refill = (): void => {
    const now = nowMs()
    const seconds = Math.max(0, now - lastMs) / 1000
    lastMs = now
    tokens = Math.min(rate.burst, tokens + seconds * rate.perSecond * share)
    share = Math.min(1, share + seconds * RECOVERY_PER_SECOND)
  }
  return {
    take() {
      refill()
      tokens -= 1
      return tokens >= 0 ? 0 : Math.ceil((-tokens / (rate.perSecond * share)) * 1000)
    },
    slowDown() {
      refill()
      share = Math.max(SLOWEST, share / 2)
      tokens = Math.min(tokens, 0)
    },
  }
}

export type Budgets = Readonly<Record<CallClass, Bucket>>

export function createBudgets(rates: Rates, ports: Pick<Ports, 'nowMs'>): Budgets {
  const bucket = (name: CallClass): Bucket => createBucket(rates[name], ports.nowMs)
  return {
    targets: bucket('targets'),
    read: bucket('read'),
    write: bucket('write'),
    wafRead: bucket('wafRead'),
    wafWrite: bucket('wafWrite'),
    otherRead: bucket('otherRead'),
    otherWrite: bucket('otherWrite'),
  }
}
