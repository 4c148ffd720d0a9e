/**
 * How long a gRPC client waits (`grpc-timeout`, gRPC over HTTP/2): passed on to the server, and kept by us too, in case that
 * one does not. Counted from the first byte of the request, over all tries.
 */
import type { TimerOwner, TimerWheel } from '../../timer-wheel.ts'
import { WheelTimer } from '../../timer-wheel.ts'

const FIELD = 'grpc-timeout: '
const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000001 }
/** More is as good as none. */
const LONGEST_MS = 86_400_000

export interface DeadlineOwner {
  deadlinePassed(): void
}

/**
 * @param headerLines of the request
 * @returns milliseconds, or -1 when the client waits for ever or says nothing readable
 */
export function readGrpcTimeout(headerLines: string): number {
  const at = headerLines.indexOf(FIELD)
  if (at === -1) return -1
  const [, digits = '', unit = ''] =
    /^([0-9]{1,8})([HMSmun])\r\n/.exec(headerLines.slice(at + FIELD.length, at + 32)) ?? []
  const perUnit = UNIT_MS[unit]
  if (perUnit === undefined) return -1
  const milliseconds = Number(digits) * perUnit
  return milliseconds > LONGEST_MS ? -1 : milliseconds
}

export class GrpcDeadline implements TimerOwner {
  readonly #owner: DeadlineOwner
  readonly #timer: WheelTimer

  constructor(owner: DeadlineOwner, timers: TimerWheel, milliseconds: number) {
    this.#owner = owner
    this.#timer = new WheelTimer(this)
    timers.set(this.#timer, Math.max(0, milliseconds))
  }

  clear(): void {
    this.#timer.clear()
  }

  /** Implements {@link TimerOwner}. */
  timerExpired(): void {
    this.#owner.deadlinePassed()
  }
}
