import type { AddressRange } from '../model.ts'

/**
 * What is still free of one range, as ascending intervals: a /8 costs no more than what was taken out of it, and the lowest
 * free address is found without looking at those before it. Where IPv4 addresses that end in .0 or .255 are not given, the
 * others are numbered without gaps, and intervals are of those numbers.
 */
export class FreeAddresses {
  readonly #skipsBuggy: boolean
  readonly #firsts: bigint[]
  readonly #lasts: bigint[]

  /** @param skipsBuggy IPv4 addresses that end in .0 or .255 are never the lowest free one */
  constructor(range: AddressRange, skipsBuggy: boolean) {
    this.#skipsBuggy = skipsBuggy && range.family === 4
    const first = this.#skipsBuggy ? usableBelow(range.first) : range.first
    const last = this.#skipsBuggy ? usableBelow(range.last + 1n) - 1n : range.last
    this.#firsts = first <= last ? [first] : []
    this.#lasts = first <= last ? [last] : []
  }

  /** `null` when nothing is left. */
  get lowest(): bigint | null {
    const first = this.#firsts[0]
    if (first === undefined) return null
    return this.#skipsBuggy ? (first / 254n) * 256n + (first % 254n) + 1n : first
  }

  /** Nothing happens to an address that is not free. */
  take(address: bigint): void {
    const value = this.#numberOf(address)
    if (value === null) return
    const at = this.#intervalOf(value)
    const first = this.#firsts[at]
    const last = this.#lasts[at]
    if (first === undefined || last === undefined || last < value) return
    if (first === last) {
      this.#firsts.splice(at, 1)
      this.#lasts.splice(at, 1)
    } else if (first === value) this.#firsts[at] = value + 1n
    else if (last === value) this.#lasts[at] = value - 1n
    else {
      this.#firsts.splice(at + 1, 0, value + 1n)
      this.#lasts.splice(at, 0, value - 1n)
    }
  }

  /** @param address in the range, and taken */
  give(address: bigint): void {
    const value = this.#numberOf(address)
    if (value === null) return
    const at = this.#intervalOf(value)
    const joinsLeft = at >= 0 && this.#lasts[at]! + 1n === value
    const joinsRight = this.#firsts[at + 1] === value + 1n
    if (joinsLeft && joinsRight) {
      this.#lasts.splice(at, 1)
      this.#firsts.splice(at + 1, 1)
    } else if (joinsLeft) this.#lasts[at] = value
    else if (joinsRight) this.#firsts[at + 1] = value
    else {
      this.#firsts.splice(at + 1, 0, value)
      this.#lasts.splice(at + 1, 0, value)
    }
  }

  /** `null` for an address that is never given. */
  #numberOf(address: bigint): bigint | null {
    if (!this.#skipsBuggy) return address
    return isBuggy(address) ? null : usableBelow(address)
  }

  /** The last interval that begins at or before a number; -1 = none. */
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

/** How many addresses before this one do not end in .0 or .255. */
function usableBelow(value: bigint): bigint {
  const end = value & 255n
  return (value >> 8n) * 254n + (end === 0n ? 0n : end - 1n)
}
