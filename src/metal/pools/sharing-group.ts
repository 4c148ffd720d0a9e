/**
 * Addresses that Services with one sharing key have, in ascending order, and the lowest of them on which given ports are free.
 * They are kept in blocks of at most 32, each with one word for each port that says which of them have it: so that no search
 * looks at every address, also where thousands have the same key and cannot be shared because of a port.
 */

/** What is grouped. */
export interface Member {
  /** Position in the group: by range, then by value. */
  readonly range: { readonly order: number }
  readonly address: { readonly value: bigint }
  /** Ports that somebody has. */
  readonly ports: ReadonlyMap<string, string>
}

interface Block<T> {
  /** No member is before this; those of earlier blocks are. */
  lowOrder: number
  lowValue: bigint
  /** One bit for each seat that is taken. */
  taken: number
  readonly seats: (T | undefined)[]
  /** Seats that have a port. */
  readonly byPort: Map<string, number>
}

const SEATS = 32

export class SharingGroup<T extends Member> {
  readonly #blocks: Block<T>[] = []
  readonly #places = new Map<T, { block: Block<T>; seat: number }>()
  /** How many members have a port. */
  readonly #counts = new Map<string, number>()

  get size(): number {
    return this.#places.size
  }

  /** @param member not yet in the group */
  add(member: T): void {
    const at = this.#blockAt(member)
    let block = this.#blocks[Math.max(0, at)]
    if (block === undefined) {
      block = this.#open(0, member)
    } else if (at < 0) {
      block.lowOrder = member.range.order
      block.lowValue = member.address.value
    }
    if (block.taken === -1) {
      // Addresses are mostly given in ascending order: full blocks stay full then.
      const isLast = block === this.#blocks.at(-1) && block.seats.every((other) => isBefore(other!, member))
      block = isLast ? this.#open(this.#blocks.length, member) : this.#split(Math.max(0, at), member)
    }
    this.#sit(block, member)
    for (const port of member.ports.keys()) this.addPort(member, port)
  }

  delete(member: T): void {
    const place = this.#places.get(member)
    if (place === undefined) return
    for (const port of member.ports.keys()) this.deletePort(member, port)
    this.#places.delete(member)
    const { block, seat } = place
    block.seats[seat] = undefined
    block.taken &= ~(1 << seat)
    if (block.taken === 0) this.#blocks.splice(this.#blocks.indexOf(block), 1)
  }

  /** The member has a port from now on. */
  addPort(member: T, port: string): void {
    const place = this.#places.get(member)
    if (place === undefined || has(place.block, place.seat, port)) return
    mark(place.block, place.seat, port)
    this.#counts.set(port, (this.#counts.get(port) ?? 0) + 1)
  }

  /** The member has a port no longer. */
  deletePort(member: T, port: string): void {
    const place = this.#places.get(member)
    if (place === undefined || !has(place.block, place.seat, port)) return
    clear(place.block, place.seat, port)
    const left = (this.#counts.get(port) ?? 0) - 1
    if (left > 0) this.#counts.set(port, left)
    else this.#counts.delete(port)
  }

  /** The lowest member on which none of the ports is taken. */
  firstWithout(ports: readonly string[]): T | null {
    if (ports.some((port) => this.#counts.get(port) === this.size)) return null
    for (const { taken, byPort, seats } of this.#blocks) {
      let open = taken
      for (const port of ports) {
        open &= ~(byPort.get(port) ?? 0)
        if (open === 0) break
      }
      if (open !== 0) return lowest(seats, open)
    }
    return null
  }

  /** Place in `#blocks` of the last one that begins at or before a member; -1 = none. */
  #blockAt({ range: { order }, address: { value } }: T): number {
    let low = 0
    let high = this.#blocks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const { lowOrder, lowValue } = this.#blocks[middle]!
      if (lowOrder < order || (lowOrder === order && lowValue <= value)) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  #open(at: number, { range, address }: T): Block<T> {
    const block: Block<T> = {
      lowOrder: range.order,
      lowValue: address.value,
      taken: 0,
      seats: Array.from({ length: SEATS }, () => undefined),
      byPort: new Map(),
    }
    this.#blocks.splice(at, 0, block)
    return block
  }

  /** Moves the upper half of a full block into one of its own. @returns the block for a further member */
  #split(at: number, further: T): Block<T> {
    const lower = this.#blocks[at]!
    const members = lower.seats.filter((member) => member !== undefined).sort((a, b) => (isBefore(a, b) ? -1 : 1))
    const moved = members.slice(SEATS / 2)
    const upper = this.#open(at + 1, moved[0]!)
    for (const member of moved) {
      const { seat } = this.#places.get(member)!
      lower.seats[seat] = undefined
      lower.taken &= ~(1 << seat)
      this.#sit(upper, member)
      for (const port of member.ports.keys()) {
        clear(lower, seat, port)
        mark(upper, this.#places.get(member)!.seat, port)
      }
    }
    return isBefore(further, moved[0]!) ? lower : upper
  }

  #sit(block: Block<T>, member: T): void {
    // The lowest bit that is not set.
    const seat = 31 - Math.clz32(~block.taken & (block.taken + 1))
    block.taken |= 1 << seat
    block.seats[seat] = member
    this.#places.set(member, { block, seat })
  }
}

function has({ byPort }: Block<unknown>, seat: number, port: string): boolean {
  return ((byPort.get(port) ?? 0) & (1 << seat)) !== 0
}

function mark({ byPort }: Block<unknown>, seat: number, port: string): void {
  byPort.set(port, (byPort.get(port) ?? 0) | (1 << seat))
}

function clear({ byPort }: Block<unknown>, seat: number, port: string): void {
  const left = (byPort.get(port) ?? 0) & ~(1 << seat)
  if (left === 0) byPort.delete(port)
  else byPort.set(port, left)
}

/** @param open one bit for each seat to choose from, not 0 */
function lowest<T extends Member>(seats: readonly (T | undefined)[], open: number): T | null {
  let best: T | null = null
  for (let left = open; left !== 0; left &= left - 1) {
    const member = seats[31 - Math.clz32(left & -left)]!
    if (best === null || isBefore(member, best)) best = member
  }
  return best
}

function isBefore(a: Member, b: Member): boolean {
  return a.range.order === b.range.order ? a.address.value < b.address.value : a.range.order < b.range.order
}
