/** When datagrams were sent, by their sequence numbers: an echo of one that is not long ago proves that its sender is there now. */
import type { Echo } from './packet.ts'

/** Datagrams sent within it are one moment: however many there are, those of a second are remembered. */
const MOMENT_MS = 5
const MOST_MOMENTS = 256

export class SendLog {
  readonly #boot: bigint
  readonly #moments: { readonly first: number; readonly atMs: number }[] = []
  #last = 0

  constructor(boot: bigint) {
    this.#boot = boot
  }

  note(sequence: number, atMs: number): void {
    this.#last = sequence
    if (atMs - (this.#moments.at(-1)?.atMs ?? -Infinity) < MOMENT_MS) return
    this.#moments.push({ first: sequence, atMs })
    if (this.#moments.length > MOST_MOMENTS) this.#moments.shift()
  }

  /** @returns `null` for one that was not sent lately, or by another boot */
  sentAt({ boot, sequence }: Echo): number | null {
    if (boot !== this.#boot || sequence > this.#last) return null
    return this.#moments.findLast(({ first }) => first <= sequence)?.atMs ?? null
  }
}
