/**
 * A ring of points as in ketama: each endpoint has many, a key belongs to the next one clockwise. An endpoint that comes or
 * goes takes or gives keys of its own points alone. Points depend on the label only, so all workers agree. An endpoint whose
 * weight is less than whole answers for that part of its points; as the weight grows, points join and none leaves.
 *
 * Memory: at most about 41,000 points of 9 bytes, however many endpoints there are (above 8,192, five for each).
 */
import { type BalancedEndpoint, isSkipped } from './balancer.ts'
import { hashText } from './hash-text.ts'

const MOST_POINTS = 40_960
const MOST_EACH = 160
const LEAST_EACH = 5
/** Room below the hash in one number, for the endpoint's index and which of its points it is. */
const RANGE = 2 ** 21

export class HashRing<E extends BalancedEndpoint> {
  readonly #endpoints: readonly E[]
  readonly #hashes: Uint32Array
  readonly #owners: Uint32Array
  /** Which of its owner's points each one is. */
  readonly #ordinals: Uint8Array
  readonly #each: number

  constructor(endpoints: readonly E[]) {
    this.#endpoints = endpoints
    const each = pointsEach(endpoints.length)
    this.#each = each
    const points = new Float64Array(endpoints.length * each)
    let at = 0
    for (const [index, { label }] of endpoints.entries()) {
      for (let i = 0; i < each; i++) points[at++] = hashText(`${label}#${i}`) * RANGE + index * each + i
    }
    points.sort()
    this.#hashes = Uint32Array.from(points, (point) => Math.floor(point / RANGE))
    this.#owners = Uint32Array.from(points, (point) => Math.floor((point % RANGE) / each))
    this.#ordinals = Uint8Array.from(points, (point) => (point % RANGE) % each)
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
      const at = (start + i) % count
      const owner = this.#owners[at]!
      if (owner === last) continue
      const endpoint = this.#endpoints[owner]!
      if (isSkipped(endpoint, tried)) last = owner
      else if (this.#isActive(at, endpoint)) return endpoint
    }
    return null
  }

  /** The first `size` different endpoints clockwise of a key that may be chosen. */
  findSome(key: string, size: number, tried: readonly E[] | null): readonly E[] {
    const found: E[] = []
    const count = this.#owners.length
    const start = this.#indexOf(key)
    for (let i = 0; i < count && found.length < size; i++) {
      const at = (start + i) % count
      const endpoint = this.#endpoints[this.#owners[at]!]!
      if (this.#isActive(at, endpoint) && !found.includes(endpoint) && !isSkipped(endpoint, tried)) found.push(endpoint)
    }
    return found
  }

  /** The first point of an endpoint is active at any weight: who may be chosen can be found. */
  #isActive(at: number, { weight }: E): boolean {
    return weight === 1 || this.#ordinals[at]! < weight * this.#each
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
