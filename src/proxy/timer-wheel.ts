/**
 * Low-resolution timeouts for very many owners with one interval timer. Each owner embeds one {@link WheelTimer} and moves
 * its deadline with a field write; the wheel looks at it only when the slot it waits in comes up, and re-queues it when
 * the deadline has moved on. So the timeouts of a request cost a few assignments instead of timer objects.
 *
 * Accuracy: a timeout fires up to two ticks late and never early. Not for delays below a tick.
 */

/** Default tick in milliseconds. */
export const TICK_MS = 100
const SLOTS = 1024

/** What a timer calls. Owners are long-lived objects (a connection), so no closure is made per request. */
export interface TimerOwner {
  timerExpired(timer: WheelTimer): void
}

/** One owner's timeout; reusable, idle until {@link TimerWheel.set}. */
export class WheelTimer {
  readonly owner: TimerOwner
  /** Wheel tick at which it fires; 0 = not set. */
  deadline = 0
  /** Tick of the slot that holds it; an entry in another slot is stale. 0 = in no slot. */
  queuedAt = 0

  constructor(owner: TimerOwner) {
    this.owner = owner
  }

  /** Forgets the timeout; the slot drops it when its turn comes. */
  clear(): void {
    this.deadline = 0
  }
}

export class TimerWheel {
  readonly #slots: WheelTimer[][] = []
  readonly #tickMs: number
  readonly #nowMs: () => number
  #tick = 1
  #lastMs = 0
  #entries = 0
  #interval: NodeJS.Timeout | null = null

  /**
   * @param tickMs resolution, >= 1
   * @param nowMs monotonic milliseconds
   */
  constructor(tickMs: number = TICK_MS, nowMs: () => number = () => performance.now()) {
    this.#tickMs = tickMs
    this.#nowMs = nowMs
    for (let i = 0; i < SLOTS; i++) this.#slots.push([])
  }

  /** Sets or moves the timeout. A field write when the timer already waits in a slot before the new deadline. */
  set(timer: WheelTimer, delayMs: number): void {
    const deadline = this.#tick + 1 + Math.ceil(delayMs / this.#tickMs)
    timer.deadline = deadline
    if (timer.queuedAt === 0 || timer.queuedAt > deadline) this.#enqueue(timer)
  }

  /** Stops the interval; nothing fires any more. */
  close(): void {
    if (this.#interval !== null) clearInterval(this.#interval)
    this.#interval = null
    for (const slot of this.#slots) slot.length = 0
    this.#entries = 0
  }

  /** Advances to the present and fires what is due. The interval calls it; tests with their own clock may too. */
  advance(): void {
    const elapsed = Math.floor((this.#nowMs() - this.#lastMs) / this.#tickMs)
    this.#lastMs += elapsed * this.#tickMs
    for (let i = 0; i < elapsed; i++) this.#fireSlot(++this.#tick)
    if (this.#entries === 0 && this.#interval !== null) {
      clearInterval(this.#interval)
      this.#interval = null
    }
  }

  #enqueue(timer: WheelTimer): void {
    if (this.#interval === null) {
      this.#lastMs = this.#nowMs()
      this.#interval = setInterval(() => this.advance(), this.#tickMs)
      // Sockets keep the process alive, not their timeouts.
      this.#interval.unref()
    }
    // Farther than one turn: waits in the last slot of this turn and is queued again from there.
    const at = Math.min(timer.deadline, this.#tick + SLOTS - 1)
    timer.queuedAt = at
    this.#slots[at % SLOTS]!.push(timer)
    this.#entries++
  }

  #fireSlot(tick: number): void {
    const slot = this.#slots[tick % SLOTS]!
    if (slot.length === 0) return
    this.#slots[tick % SLOTS] = []
    this.#entries -= slot.length
    for (const timer of slot) {
      if (timer.queuedAt !== tick) continue
      timer.queuedAt = 0
      if (timer.deadline === 0) continue
      if (timer.deadline > tick) {
        this.#enqueue(timer)
        continue
      }
      timer.deadline = 0
      timer.owner.timerExpired(timer)
    }
  }
}
