/** Runs one update at a time; of those that were asked for meanwhile one follows, with what is true by then. */
export class UpdateQueue {
  readonly #update: () => Promise<void>
  readonly #onError: (error: unknown) => void
  #isAsked = false
  #running: Promise<void> | null = null

  constructor(update: () => Promise<void>, onError: (error: unknown) => void) {
    this.#update = update
    this.#onError = onError
  }

  push(): void {
    this.#isAsked = true
    this.#running ??= this.#run()
  }

  /** Resolves when nothing runs or waits. */
  async idle(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    while (this.#isAsked) {
      this.#isAsked = false
      try {
        await this.#update()
      } catch (error) {
        this.#onError(error)
      }
    }
    this.#running = null
  }
}
