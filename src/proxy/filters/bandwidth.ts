/**
 * Slows an answer down (nginx's `limit_rate`): body bytes beyond what the rate has earned so far wait here, the upstream is
 * paused, and a timer lets them go. A second's worth goes out at once, as in nginx.
 */
import type { BandwidthLimit } from '../../routing/bandwidth.ts'
import type { Downstream, ExchangeFailure, ResponseHead } from '../downstream.ts'
import { type TimerOwner, type TimerWheel, WheelTimer } from '../timer-wheel.ts'
import { PassingFilter } from './passing-filter.ts'

/** Waiting for less than this much time is not worth a timer. */
const LEAST_WAIT_MS = 20
/** Longest wait in one go: a steady trickle is better than bursts. */
const LONGEST_WAIT_MS = 200

export class BandwidthFilter extends PassingFilter implements TimerOwner {
  readonly #limit: BandwidthLimit
  readonly #timers: TimerWheel
  readonly #timer: WheelTimer
  readonly #nowMs: () => number
  #startMs = 0
  #sentBytes = 0
  #isTunnel = false
  /** Copies that wait; the first from `#waitingAt` on. At most a network read or two: the upstream is paused. */
  #waiting: Buffer[] = []
  #waitingAt = 0
  #isClientBlocked = false
  /** What the answer ends with, once the upstream said all. */
  #trailerLines: string | null = null
  #isOver = false

  /** @param nowMs monotonic milliseconds; tests pass a fake */
  constructor(
    limit: BandwidthLimit,
    timers: TimerWheel,
    downstream: Downstream,
    nowMs = (): number => performance.now(),
  ) {
    super(downstream)
    this.#limit = limit
    this.#timers = timers
    this.#timer = new WheelTimer(this)
    this.#nowMs = nowMs
  }

  override responseHead(head: ResponseHead): void {
    this.#startMs = this.#nowMs()
    this.#isTunnel = head.upgrade !== ''
    this.downstream.responseHead(head)
  }

  override responseData(buffer: Buffer, start: number, end: number): boolean {
    if (this.#isTunnel) return this.downstream.responseData(buffer, start, end)
    if (this.#isOver) return true
    let at = start
    if (this.#waiting.length === 0 && !this.#isClientBlocked) at = this.#send(buffer, start, end)
    if (at === end) return !this.#isClientBlocked
    this.#waiting.push(Buffer.from(buffer.subarray(at, end)))
    this.#wait()
    return false
  }

  override responseEnd(trailerLines: string): void {
    if (this.#isOver) return
    this.#trailerLines = trailerLines
    if (this.#isTunnel || this.#waiting.length === 0) this.#end()
  }

  override responseFailed(failure: ExchangeFailure): void {
    this.#close()
    this.downstream.responseFailed(failure)
  }

  /** The client takes bytes again: those that wait here come first. */
  override resume(): void {
    this.#isClientBlocked = false
    if (this.#waiting.length === 0) this.exchange!.resume()
    else this.timerExpired()
  }

  override abort(): void {
    this.#close()
    this.exchange!.abort()
  }

  /** Implements {@link TimerOwner}: something has been earned. */
  timerExpired(): void {
    if (this.#isOver) return
    while (this.#waiting.length > 0 && !this.#isClientBlocked) {
      const first = this.#waiting[0]!
      this.#waitingAt = this.#send(first, this.#waitingAt, first.length)
      if (this.#waitingAt < first.length) break
      this.#waiting.shift()
      this.#waitingAt = 0
    }
    this.downstream.responseFlush()
    if (this.#waiting.length > 0) this.#wait()
    else if (this.#trailerLines !== null) this.#end()
    else if (!this.#isClientBlocked) this.exchange?.resume()
  }

  /** Sends what the rate has earned. @returns the position after it */
  #send(buffer: Buffer, start: number, end: number): number {
    const count = Math.min(end - start, this.#earned())
    if (count <= 0) return start
    this.#sentBytes += count
    if (!this.downstream.responseData(buffer, start, start + count)) this.#isClientBlocked = true
    return start + count
  }

  #earned(): number {
    const seconds = (this.#nowMs() - this.#startMs) / 1000 + 1
    return Math.floor(this.#limit.freeBytes + this.#limit.bytesPerSecond * seconds - this.#sentBytes)
  }

  /** A blocked client is waited for by its front. */
  #wait(): void {
    if (this.#isClientBlocked) return
    const bytes = (this.#waiting[0]?.length ?? 0) - this.#waitingAt - this.#earned()
    const waitMs = (Math.max(bytes, 1) / this.#limit.bytesPerSecond) * 1000
    this.#timers.set(this.#timer, Math.min(Math.max(waitMs, LEAST_WAIT_MS), LONGEST_WAIT_MS))
  }

  #end(): void {
    const trailerLines = this.#trailerLines ?? ''
    this.#close()
    this.downstream.responseEnd(trailerLines)
  }

  #close(): void {
    // A tunnel's other half goes on after its end.
    if (this.#isTunnel) return
    this.#isOver = true
    this.#waiting = []
    this.#timer.clear()
  }
}
