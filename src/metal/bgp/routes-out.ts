/**
 * The routes of one session: what is wanted, what the peer has been told, and the messages between the two. Routes with the
 * same attributes share messages; withdrawals come first.
 */
import type { BgpRoute } from '../announcement.ts'
import type { PathContext } from './attributes.ts'
import type { Family } from './ip-bytes.ts'
import { parsePrefix, type Prefix } from './prefix.ts'
import { encodeAnnouncements, encodeWithdrawals, isPlainForm } from './update.ts'

/** How routes leave this session. */
export interface RouteContext {
  readonly path: PathContext
  /** `null` = the family cannot be announced here. */
  readonly nextHops: Readonly<Record<Family, Uint8Array | null>>
}

interface Entry {
  readonly prefix: Prefix
  /** `null` = no longer wanted. */
  route: BgpRoute | null
  attributesKey: string
  /** With which attributes the peer has it; `null` = it has not. */
  sentKey: string | null
  /** By which next hop. */
  sentHop: string
  /** The wish that it was last part of. */
  wish: number
}

type Wanted = Entry & { readonly route: BgpRoute }

export class RoutesOut {
  readonly #entries = new Map<string, Entry>()
  /** What may need a message: looking through all would make one withdrawal among 50,000 routes slow. */
  readonly #open = new Set<string>()
  #wish = 0
  #announced = 0
  #invalid = 0

  /** Prefixes that the peer has been told. */
  get announced(): number {
    return this.#announced
  }

  /**
   * Prefixes that the peer ought to have and has not, or has with other attributes; also those that cannot be announced: no
   * next hop of their family, or more communities than a message holds. Families that go over other sessions do not count.
   */
  pendingOf(families: readonly Family[]): number {
    let count = 0
    for (const { prefix, route, attributesKey, sentKey } of this.#entries.values()) {
      if (route !== null && sentKey !== attributesKey && families.includes(prefix.family)) count++
    }
    return count
  }

  /** Routes whose prefix is none. */
  get invalid(): number {
    return this.#invalid
  }

  setWanted(routes: readonly BgpRoute[]): void {
    const wish = ++this.#wish
    let count = 0
    this.#invalid = 0
    for (const route of routes) {
      const entry = this.#entries.get(route.prefix) ?? this.#addEntry(route)
      if (entry === null) continue
      if (entry.wish !== wish) count++
      entry.wish = wish
      if (entry.route === route) continue
      const attributesKey = toKey(route)
      if (entry.route === null || entry.attributesKey !== attributesKey) this.#open.add(route.prefix)
      entry.route = route
      entry.attributesKey = attributesKey
    }
    if (count === this.#entries.size) return
    for (const [key, entry] of this.#entries) {
      if (entry.wish === wish || entry.route === null) continue
      entry.route = null
      this.#open.add(key)
    }
  }

  /** A new session knows nothing. */
  forget(): void {
    for (const entry of this.#entries.values()) entry.sentKey = null
    this.#announced = 0
    this.reconsider()
  }

  /** What can be announced has changed. */
  reconsider(): void {
    for (const key of this.#entries.keys()) this.#open.add(key)
  }

  /** The peer has asked for all routes of a family. */
  repeat(family: Family): void {
    for (const [key, entry] of this.#entries) {
      // Those no longer wanted stay, to be withdrawn.
      if (entry.prefix.family !== family || entry.sentKey === null || entry.route === null) continue
      entry.sentKey = null
      this.#announced--
      this.#open.add(key)
    }
  }

  /** Messages that bring the peer up to date, which it is taken to be from now on. */
  takeMessages(context: RouteContext): Uint8Array[] {
    const { nextHops } = context
    const gone: Record<Family, Prefix[]> = { 4: [], 6: [] }
    const groups = new Map<string, Wanted[]>()
    const hops = { 4: String(nextHops[4]), 6: String(nextHops[6]) }
    for (const key of this.#open) {
      const entry = this.#entries.get(key)
      if (entry === undefined) continue
      const { prefix, attributesKey } = entry
      if (isWanted(entry) && nextHops[prefix.family] !== null) {
        if (entry.sentKey === attributesKey && entry.sentHop === hops[prefix.family]) continue
        const groupKey = `${prefix.family} ${attributesKey}`
        const group = groups.get(groupKey)
        if (group === undefined) groups.set(groupKey, [entry])
        else group.push(entry)
        continue
      }
      if (entry.sentKey !== null) {
        gone[prefix.family].push(prefix)
        entry.sentKey = null
        this.#announced--
      }
      if (entry.route === null) this.#entries.delete(key)
    }
    this.#open.clear()
    const messages = ([4, 6] as const).flatMap((family) =>
      encodeWithdrawals(family, gone[family], isPlainForm(family, nextHops[family] ?? new Uint8Array(4))),
    )
    for (const group of groups.values()) messages.push(...this.#announce(group, context))
    return messages
  }

  #addEntry(route: BgpRoute): Entry | null {
    const prefix = parsePrefix(route.prefix)
    if (prefix === null) {
      this.#invalid++
      return null
    }
    const entry: Entry = { prefix, route: null, attributesKey: '', sentKey: null, sentHop: '', wish: 0 }
    this.#entries.set(route.prefix, entry)
    return entry
  }

  /** @param group of one family with the same attributes, not empty */
  #announce(group: readonly Wanted[], { path, nextHops }: RouteContext): readonly Uint8Array[] {
    const [first] = group
    const nextHop = first === undefined ? null : nextHops[first.prefix.family]
    if (first === undefined || nextHop === null) return []
    const prefixes = group.map(({ prefix }) => prefix)
    const messages = encodeAnnouncements(first.prefix.family, prefixes, nextHop, path, first.route)
    // So many communities that no message holds them: what the peer has is out of date, and goes.
    if (messages === null) return this.#withdraw(group, nextHop)
    const sentHop = String(nextHop)
    for (const entry of group) {
      if (entry.sentKey === null) this.#announced++
      entry.sentKey = entry.attributesKey
      entry.sentHop = sentHop
    }
    return messages
  }

  #withdraw(group: readonly Wanted[], nextHop: Uint8Array): readonly Uint8Array[] {
    const had = group.filter(({ sentKey }) => sentKey !== null)
    for (const entry of had) entry.sentKey = null
    this.#announced -= had.length
    const [first] = had
    if (first === undefined) return []
    const { family } = first.prefix
    return encodeWithdrawals(
      family,
      had.map(({ prefix }) => prefix),
      isPlainForm(family, nextHop),
    )
  }
}

function isWanted(entry: Entry): entry is Wanted {
  return entry.route !== null
}

function toKey({ localPref, communities }: BgpRoute): string {
  const parts = communities.map((each) => (each.kind === 'standard' ? `${each.value}` : each.values.join(':')))
  return `${localPref} ${parts.join(' ')}`
}
