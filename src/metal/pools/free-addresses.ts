import type { AddressRange } from '../model.ts'

/**
 * What is still free of one range, as ascending intervals: a /8 costs no more than what was taken out of it, and the lowest
 * free address is found without looking at those before it.
 */
export class FreeAddresses {
  readonly #skipsBuggy: boolean
  readonly #firsts: bigint[]
  readonly #lasts: bigint[]

  /** @param skipsBuggy IPv4 addresses that end in .0 or .255 are never the lowest free one */
  constructor(range: AddressRange, skipsBuggy: boolean) {
    this.#skipsBuggy = skipsBuggy && range.family === 4
    this.#firsts = [range.first]
    this.#lasts = [range.last]
  }

  /** `null` when nothing is left. */
  get lowest(): bigint | null {
    for (const [at, first] of this.#firsts.entries()) {
      let value = first
      while (this.#skipsBuggy && isBuggy(value)) value++
      if (value <= this.#lasts[at]!) return value
    }
    return null
  }

  /** Nothing happens to an address that is not free. */
  take(value: bigint): void {
    const at = this.#intervalOf(value)
    const first = this.#firsts[at]
    const last = this.#lasts[at]
    if (first === undefined || last === undefined || last < value) return
    if (first === last) this.#replace(at, [], [])
    else if (first === value) this.#firsts[at] = value + 1n
    else if (last === value) this.#lasts[at] = value - 1n
    else this.#replace(at, [first, value + 1n], [value - 1n, last])
  }

  /** @param value in the range, and taken */
  give(value: bigint): void {
    const at = this.#intervalOf(value)
    const joinsLeft = at >= 0 && this.#lasts[at]! + 1n === value
    const joinsRight = this.#firsts[at + 1] === value + 1n
    if (joinsLeft && joinsRight) {
      this.#lasts[at] = this.#lasts[at + 1]!
      this.#replace(at + 1, [], [])
    } else if (joinsLeft) this.#lasts[at] = value
    else if (joinsRight) this.#firsts[at + 1] = value
    else {
      this.#firsts.splice(at + 1, 0, value)
      this.#lasts.splice(at + 1, 0, value)
    }
  }

  #replace(at: number, firsts: readonly bigint[], lasts: readonly bigint[]): void {
    this.#firsts.splice(at, 1, ...firsts)
    this.#lasts.splice(at, 1, ...lasts)
  }

  /** The last interval that begins at or before an address; -1 = none. */
  #intervalOf(value: bigint): number {
    let low = 0
    let high = this.#firsts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#firsts[middle]! <= value) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}

/** Some old routers drop traffic to IPv4 addresses that end in .0 or .255. */
export function isBuggy(value: bigint): boolean {
  const end = value & 255n
  return end === 0n || end === 255n
}
