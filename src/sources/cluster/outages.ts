/** Which kinds cannot be read just now, and since when what is known may be out of date. */
import type { ReflectorFailure } from './reflector.ts'

export class Outages {
  readonly #away = new Map<string, ReflectorFailure>()
  #staleSinceMs: number | null = null

  failed(kind: string, failure: ReflectorFailure): void {
    this.#away.set(kind, failure)
    if (!failure.isForbidden) this.#staleSinceMs ??= Date.now()
    else this.#mindStale()
  }

  recovered(kind: string): void {
    this.#away.delete(kind)
    this.#mindStale()
  }

  /** True while some kind cannot be read for this very reason. */
  says(message: string): boolean {
    return [...this.#away.values()].some((failure) => failure.message === message)
  }

  /** Milliseconds since the epoch; `null` while all that may be read is current. */
  get staleSinceMs(): number | null {
    return this.#staleSinceMs
  }

  /** Kinds that this identity may not read. */
  get forbidden(): readonly string[] {
    return [...this.#away].filter(([, failure]) => failure.isForbidden).map(([kind]) => kind)
  }

  /** A kind that became forbidden while it was away is not stale any more: it is known to be unread. */
  #mindStale(): void {
    if ([...this.#away.values()].every(({ isForbidden }) => isForbidden)) this.#staleSinceMs = null
  }
}
