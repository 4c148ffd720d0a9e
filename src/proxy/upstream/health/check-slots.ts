/** How many health checks a worker makes at once; the others wait in line, each endpoint at most once. */

/** Few enough to cost a worker nothing that its clients would notice. */
export const MOST_CHECKS = 32

export class CheckSlots {
  readonly #most: number
  readonly #waiting: (() => Promise<void>)[] = []
  #running = 0

  constructor(most: number = MOST_CHECKS) {
    this.#most = most
  }

  /** Runs a check now or as soon as there is room. @param check must not reject */
  run(check: () => Promise<void>): void {
    if (this.#running < this.#most) void this.#work(check)
    else this.#waiting.push(check)
  }

  async #work(check: () => Promise<void>): Promise<void> {
    this.#running++
    let next: (() => Promise<void>) | undefined = check
    while (next !== undefined) {
      await next()
      next = this.#waiting.shift()
    }
    this.#running--
  }
}
