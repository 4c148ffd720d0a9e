/** Waits for a state that a change in the cluster leads to, looked at whenever something happened. */
export class Turnstile {
  #waiting: (() => void)[] = []

  /** Something happened. */
  poke(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }

  /** @throws {Error} when the state does not come in time */
  async until(holds: () => boolean, what: string, timeoutMs = 60_000): Promise<void> {
    const endsAtMs = performance.now() + timeoutMs
    while (!holds()) {
      const leftMs = endsAtMs - performance.now()
      if (leftMs <= 0) throw new Error(`Did not come to be in ${timeoutMs} ms: ${what}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs)
        this.#waiting.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }
}
