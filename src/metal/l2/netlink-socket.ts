/** The kernel's view of links and addresses: read as a whole, and a socket that tells when it changes. */
import type { Libc } from './libc.ts'
import { AF_NETLINK, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW, failureOf, POLLIN } from './libc.ts'
import type { NetlinkMessage } from './netlink.ts'
import { NETLINK_GROUPS, decodeNetlink, encodeDumpRequest } from './netlink.ts'

const NETLINK_ROUTE = 0
const BUFFER_BYTES = 64 * 1024
const ANSWER_MS = 1000
/** Where containers come and go, lists change while they are read. */
const MOST_TRIES = 3

export interface NetlinkWatch {
  readonly fd: number
  /** Takes all notifications that wait. */
  drain(): readonly NetlinkMessage[]
  close(): void
}

/** All links and addresses. @throws {L2Failure} when the kernel does not answer */
export function readLinks(libc: Libc): readonly NetlinkMessage[] {
  const fd = open(libc, 0)
  try {
    return [...dumpWhole(libc, fd, 'links'), ...dumpWhole(libc, fd, 'addresses')]
  } finally {
    libc.close(fd)
  }
}

/** @throws {L2Failure} */
export function watchLinks(libc: Libc): NetlinkWatch {
  const fd = open(libc, NETLINK_GROUPS)
  const buffer = Buffer.alloc(BUFFER_BYTES)
  return {
    fd,
    drain() {
      const messages: NetlinkMessage[] = []
      // Bounded: the rest is taken with the next turn. Lost ones (ENOBUFS) are made good by reading everything anyway.
      for (let count = 0; count < 100; count += 1) {
        const length = libc.recv(fd, buffer, buffer.length, 0)
        if (length < 0 && libc.lastError() === 'ENOBUFS') continue
        if (length <= 0) break
        messages.push(...decodeNetlink(buffer.subarray(0, length)))
      }
      return messages
    },
    close: () => void libc.close(fd),
  }
}

function open(libc: Libc, groups: number): number {
  const fd = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE)
  if (fd < 0) throw failureOf(libc, 'open a netlink socket')
  const address = Buffer.alloc(12)
  address.writeUInt16LE(AF_NETLINK, 0)
  address.writeUInt32LE(groups, 8)
  if (libc.bind(fd, address, address.length) < 0) {
    const failure = failureOf(libc, 'bind a netlink socket')
    libc.close(fd)
    throw failure
  }
  return fd
}

function dumpWhole(libc: Libc, fd: number, what: 'links' | 'addresses'): readonly NetlinkMessage[] {
  for (let tries = 1; ; tries++) {
    const messages = dump(libc, fd, what)
    if (tries === MOST_TRIES || messages.every(({ kind }) => kind !== 'interrupted')) return messages
  }
}

function dump(libc: Libc, fd: number, what: 'links' | 'addresses'): readonly NetlinkMessage[] {
  const request = encodeDumpRequest(what, 1)
  if (libc.send(fd, request, request.length, 0) !== request.length) throw failureOf(libc, `ask for ${what}`)
  const buffer = Buffer.alloc(BUFFER_BYTES)
  const pollFd = Buffer.alloc(8)
  pollFd.writeInt32LE(fd, 0)
  pollFd.writeInt16LE(POLLIN, 4)
  const messages: NetlinkMessage[] = []
  for (;;) {
    const length = libc.recv(fd, buffer, buffer.length, 0)
    if (length < 0) {
      const code = libc.lastError()
      if (code !== 'EAGAIN' && code !== 'EINTR') throw failureOf(libc, `read ${what}`)
      if (libc.poll(pollFd, 1, ANSWER_MS) === 0) throw failureOf(libc, `read ${what} within ${ANSWER_MS} ms`)
      continue
    }
    for (const message of decodeNetlink(buffer.subarray(0, length))) {
      if (message.kind === 'done') return messages
      if (message.kind === 'error') throw failureOf(libc, `read ${what} (code ${message.code})`)
      messages.push(message)
    }
  }
}
