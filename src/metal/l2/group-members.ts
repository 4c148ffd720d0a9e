/**
 * Membership of solicited-node groups (RFC 4291, 2.7.1): it makes the card take their frames and tells switches that snoop
 * (MLD) to send them. Sockets can be members of a bounded number of groups, so there are as many as it takes.
 */
import type { AddressKey } from './address-key.ts'
import type { Libc } from './libc.ts'
import { AF_INET6, SOCK_CLOEXEC, SOCK_DGRAM, failureOf } from './libc.ts'

const IPPROTO_IPV6 = 41
const IPV6_JOIN_GROUP = 20
const IPV6_LEAVE_GROUP = 21
/** Well below what net.core.optmem_max allows one socket. */
const GROUPS_PER_SOCKET = 200

export interface GroupMembers {
  /** Joins and leaves until the memberships are these; returns what could not be joined, each with why. */
  set(groups: ReadonlySet<AddressKey>): string | null
  /** Joins all again, as is needed after the interface was down. */
  renew(): string | null
  close(): void
}

export function createGroupMembers(libc: Libc, interfaceIndex: number): GroupMembers {
  const joined = new Map<AddressKey, number>()
  const sizes = new Map<number, number>()

  function change(fd: number, option: number, group: AddressKey): boolean {
    const request = Buffer.alloc(20)
    request.write(group, 0, 16, 'latin1')
    request.writeInt32LE(interfaceIndex, 16)
    return libc.setsockopt(fd, IPPROTO_IPV6, option, request, request.length) === 0
  }

  function socketWithRoom(): number {
    for (const [fd, size] of sizes) if (size < GROUPS_PER_SOCKET) return fd
    const fd = libc.socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)
    if (fd >= 0) sizes.set(fd, 0)
    return fd
  }

  function join(group: AddressKey): string | null {
    const fd = socketWithRoom()
    if (fd < 0) return failureOf(libc, 'open a socket for IPv6 groups').message
    if (!change(fd, IPV6_JOIN_GROUP, group)) return failureOf(libc, 'join a solicited-node group').message
    sizes.set(fd, (sizes.get(fd) ?? 0) + 1)
    joined.set(group, fd)
    return null
  }

  function leave(group: AddressKey, fd: number): void {
    // Of an interface that is gone the kernel has left all groups already.
    change(fd, IPV6_LEAVE_GROUP, group)
    sizes.set(fd, (sizes.get(fd) ?? 1) - 1)
    joined.delete(group)
  }

  function set(groups: ReadonlySet<AddressKey>): string | null {
    let problem: string | null = null
    for (const [group, fd] of joined) if (!groups.has(group)) leave(group, fd)
    for (const group of groups) if (!joined.has(group)) problem = join(group) ?? problem
    return problem
  }

  return {
    set,
    renew() {
      const groups = new Set(joined.keys())
      for (const [group, fd] of joined) leave(group, fd)
      return set(groups)
    },
    close() {
      for (const fd of sizes.keys()) libc.close(fd)
      sizes.clear()
      joined.clear()
    },
  }
}
