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

interface Wanted {
  readonly prefix: Prefix
  readonly route: BgpRoute
  readonly attributesKey: string
}

interface Sent {
  readonly prefix: Prefix
  readonly attributesKey: string
}

export class RoutesOut {
  #wanted = new Map<string, Wanted>()
  readonly #sent = new Map<string, Sent>()
  #invalid = 0

  /** Prefixes that the peer has been told. */
  get announced(): number {
    return this.#sent.size
  }

  /** Prefixes that the peer ought to have and has not, or has with other attributes; also those that cannot be announced. */
  get pending(): number {
    let count = 0
    for (const [key, { attributesKey }] of this.#wanted)
      if (this.#sent.get(key)?.attributesKey !== attributesKey) count++
    return count
  }

  /** Routes whose prefix is none. */
  get invalid(): number {
    return this.#invalid
  }

  setWanted(routes: readonly BgpRoute[]): void {
    const before = this.#wanted
    this.#wanted = new Map()
    this.#invalid = 0
    for (const route of routes) {
      const known = before.get(route.prefix)
      const prefix = known?.prefix ?? parsePrefix(route.prefix)
      if (prefix === null) this.#invalid++
      else {
        const attributesKey = known?.route === route ? known.attributesKey : toKey(route)
        this.#wanted.set(route.prefix, { prefix, route, attributesKey })
      }
    }
  }

  /** A new session knows nothing. */
  forget(): void {
    this.#sent.clear()
  }

  /** The peer has asked for all routes of a family. */
  repeat(family: Family): void {
    for (const [key, { prefix }] of this.#sent) {
      // Those no longer wanted stay, to be withdrawn.
      if (prefix.family === family && this.#wanted.has(key)) this.#sent.delete(key)
    }
  }

  /** Messages that bring the peer up to date, which it is taken to be from now on. */
  takeMessages(context: RouteContext): Uint8Array[] {
    const messages = this.#takeWithdrawals(context)
    const groups = new Map<string, Wanted[]>()
    for (const [key, wanted] of this.#wanted) {
      if (this.#sent.get(key)?.attributesKey === wanted.attributesKey) continue
      if (context.nextHops[wanted.prefix.family] === null) continue
      const groupKey = `${wanted.prefix.family} ${wanted.attributesKey}`
      const group = groups.get(groupKey)
      if (group === undefined) groups.set(groupKey, [wanted])
      else group.push(wanted)
    }
    for (const group of groups.values()) {
      for (const message of this.#announce(group, context)) messages.push(message)
    }
    return messages
  }

  #takeWithdrawals({ nextHops }: RouteContext): Uint8Array[] {
    const gone: Record<Family, Prefix[]> = { 4: [], 6: [] }
    for (const [key, { prefix }] of this.#sent) {
      if (this.#wanted.has(key) && nextHops[prefix.family] !== null) continue
      gone[prefix.family].push(prefix)
      this.#sent.delete(key)
    }
    return ([4, 6] as const).flatMap((family) =>
      encodeWithdrawals(family, gone[family], isPlainForm(family, nextHops[family] ?? new Uint8Array(4))),
    )
  }

  /** @param group of one family with the same attributes, not empty */
  #announce(group: readonly Wanted[], { path, nextHops }: RouteContext): readonly Uint8Array[] {
    const [first] = group
    const nextHop = first === undefined ? null : nextHops[first.prefix.family]
    if (first === undefined || nextHop === null) return []
    const prefixes = group.map(({ prefix }) => prefix)
    const messages = encodeAnnouncements(first.prefix.family, prefixes, nextHop, path, first.route)
    // So many communities that no message holds them: the routes stay pending.
    if (messages === null) return []
    for (const { route, prefix, attributesKey } of group) this.#sent.set(route.prefix, { prefix, attributesKey })
    return messages
  }
}

function toKey({ localPref, communities }: BgpRoute): string {
  const parts = communities.map((each) => (each.kind === 'standard' ? `${each.value}` : each.values.join(':')))
  return `${localPref} ${parts.join(' ')}`
}
