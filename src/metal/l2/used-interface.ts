/** An interface on which addresses are announced: its sockets and groups, opened as far as they are needed. */
import type { AddressKey } from './address-key.ts'
import { solicitedNodeGroup } from './address-key.ts'
import type { GroupMembers } from './group-members.ts'
import { createGroupMembers } from './group-members.ts'
import type { Libc } from './libc.ts'
import type { PacketSocket } from './packet-socket.ts'
import { openPacketSocket } from './packet-socket.ts'
import type { Interest } from './responder-core.ts'

export interface UsedInterface {
  readonly name: string
  readonly index: number
  /** Open sockets; none for a family in which nothing is wished. */
  readonly sockets: ReadonlyMap<4 | 6, PacketSocket>
  /** Listens to these; returns a text about what did not work. @throws {L2Failure} with `NOT_PERMITTED` only */
  listen(interest: Interest): string | null
  /** After the interface was down. */
  renew(): string | null
  /** Gives up a socket that is broken; `listen` opens another. */
  abandon(family: 4 | 6): void
  close(): void
}

export function createUsedInterface(libc: Libc, name: string, index: number, isPromiscuous: boolean): UsedInterface {
  const sockets = new Map<4 | 6, PacketSocket>()
  const filters = new Map<4 | 6, string>()
  let groups: GroupMembers | null = null

  function abandon(family: 4 | 6): void {
    sockets.get(family)?.close()
    sockets.delete(family)
    filters.delete(family)
  }

  function listenFor(family: 4 | 6, words: readonly number[]): void {
    if (words.length === 0) return abandon(family)
    const filter = words.join(' ')
    if (filters.get(family) === filter) return
    let socket = sockets.get(family)
    if (socket === undefined) {
      socket = openPacketSocket(libc, family, index, isPromiscuous)
      sockets.set(family, socket)
    }
    socket.watch(words)
    filters.set(family, filter)
  }

  return {
    name,
    index,
    sockets,
    abandon,
    listen(interest) {
      try {
        listenFor(4, interest.v4)
        listenFor(6, interest.v6)
      } catch (error) {
        return messageOf(error)
      }
      const wished = new Set<AddressKey>(interest.targets.map(solicitedNodeGroup))
      if (wished.size === 0 && groups === null) return null
      groups ??= createGroupMembers(libc, index)
      return groups.set(wished)
    },
    renew: () => groups?.renew() ?? null,
    close() {
      abandon(4)
      abandon(6)
      groups?.close()
      groups = null
    },
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
