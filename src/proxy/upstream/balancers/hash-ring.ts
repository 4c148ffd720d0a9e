/**
 * A ring of points as in ketama: each endpoint has many, a key belongs to the next one clockwise. An endpoint that comes or
 * goes takes or gives keys of its own points alone. Points depend on the label only, so all workers agree.
 *
 * Memory: at most about 41,000 points of 8 bytes, however many endpoints there are (above 8,192, five for each).
 */
import { type BalancedEndpoint, isSkipped } from './balancer.ts'
import { hashText } from './hash-text.ts'

const MOST_POINTS = 40_960
const MOST_EACH = 160
const LEAST_EACH = 5
/** Room for the endpoint's index below its hash in one number. */
const INDEX_RANGE = 2 ** 20

export class HashRing<E extends BalancedEndpoint> {
  readonly #endpoints: readonly E[]
  readonly #hashes: Uint32Array
  readonly #owners: Uint32Array

  constructor(endpoints: readonly E[]) {
    this.#endpoints = endpoints
    const each = pointsEach(endpoints.length)
    const points = new Float64Array(endpoints.length * each)
    let at = 0
    for (const [index, { label }] of endpoints.entries()) {
      for (let i = 0; i < each; i++) points[at++] = hashText(`${label}#${i}`) * INDEX_RANGE + index
    }
    points.sort()
    this.#hashes = Uint32Array.from(points, (point) => Math.floor(point / INDEX_RANGE))
    this.#owners = Uint32Array.from(points, (point) => point % INDEX_RANGE)
  }

  /** The endpoint of a key, whether it may be chosen or not; `null` on an empty ring. */
  ownerOf(key: string): E | null {
    return this.#endpoints.length === 0 ? null : this.#endpoints[this.#owners[this.#indexOf(key)]!]!
  }

  /** The endpoint of a key, or the next one clockwise that may be chosen; `null` when there is none. */
  find(key: string, tried: readonly E[] | null): E | null {
    const count = this.#owners.length
    const start = this.#indexOf(key)
    let last = -1
    for (let i = 0; i < count; i++) {
      const owner = this.#owners[(start + i) % count]!
      if (owner === last) continue
      last = owner
      const endpoint = this.#endpoints[owner]!
      if (!isSkipped(endpoint, tried)) return endpoint
    }
    return null
  }

  /** The first `size` different endpoints clockwise of a key that may be chosen. */
  findSome(key: string, size: number, tried: readonly E[] | null): readonly E[] {
    const found: E[] = []
    const count = this.#owners.length
    const start = this.#indexOf(key)
    for (let i = 0; i < count && found.length < size; i++) {
      const endpoint = this.#endpoints[this.#owners[(start + i) % count]!]!
      if (!found.includes(endpoint) && !isSkipped(endpoint, tried)) found.push(endpoint)
    }
    return found
  }

  /** Index of the first point at or after the key's hash; behind the last it begins again. */
  #indexOf(key: string): number {
    const hash = hashText(key)
    let low = 0
    let high = this.#hashes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#hashes[middle]! < hash) low = middle + 1
      else high = middle
    }
    return low === this.#hashes.length ? 0 : low
  }
}

/** Halved as endpoints double, so that a ring keeps most of its points when the number changes. */
function pointsEach(count: number): number {
  let each = MOST_EACH
  while (each > LEAST_EACH && count * each > MOST_POINTS) each = Math.floor(each / 2)
  return each
}
