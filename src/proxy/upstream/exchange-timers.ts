/**
 * Timeouts that belong to a request and not to a connection: of one try, of the whole, and of waiting for a connection. Routes
 * without them have no such object. They are used again and again, because a timer that was cleared stays in its slot of
 * the wheel until its time has come.
 */
import { type TimerOwner, type TimerWheel, WheelTimer } from '../timer-wheel.ts'

/** Called when a time is over; at most one of them, as each may end the exchange. */
export interface TimedExchange {
  tryExpired(): void
  requestExpired(): void
  waitExpired(): void
}

/** Kept for further requests, per worker. */
const MOST_SPARE = 4096
const spare: ExchangeTimers[] = []

export class ExchangeTimers implements TimerOwner {
  #exchange: TimedExchange | null = null
  #wheel: TimerWheel | null = null
  readonly #try = new WheelTimer(this)
  readonly #request = new WheelTimer(this)
  readonly #wait = new WheelTimer(this)

  /** For one exchange, until {@link release}. */
  static take(exchange: TimedExchange, wheel: TimerWheel): ExchangeTimers {
    let timers = spare.pop()
    // Slots of another wheel (tests have several) would keep what they hold from this one.
    if (timers === undefined || timers.#wheel !== wheel) timers = new ExchangeTimers()
    timers.#wheel = wheel
    timers.#exchange = exchange
    return timers
  }

  release(): void {
    this.#try.clear()
    this.#request.clear()
    this.#wait.clear()
    this.#exchange = null
    if (spare.length < MOST_SPARE) spare.push(this)
  }

  expectRequest(ms: number): void {
    this.#wheel!.set(this.#request, ms)
  }

  requestSettled(): void {
    this.#request.clear()
  }

  expectTry(ms: number): void {
    this.#wheel!.set(this.#try, ms)
  }

  trySettled(): void {
    this.#try.clear()
  }

  expectConnection(ms: number): void {
    this.#wheel!.set(this.#wait, ms)
  }

  connectionSettled(): void {
    this.#wait.clear()
  }

  /** Implements {@link TimerOwner}. */
  timerExpired(timer: WheelTimer): void {
    const exchange = this.#exchange
    if (exchange === null) return
    if (timer === this.#request) exchange.requestExpired()
    else if (timer === this.#try) exchange.tryExpired()
    else exchange.waitExpired()
  }
}
