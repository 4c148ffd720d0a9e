/** Packet sockets (packet(7)): whole frames of one kind on one interface, filtered by the kernel. */
import { arpFilter, ndpFilter } from './packet-filter.ts'
import type { Libc } from './libc.ts'
import { AF_PACKET, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW, failureOf } from './libc.ts'
import { ETHER_TYPE_ARP, ETHER_TYPE_IPV6 } from './ethernet.ts'

const SOL_SOCKET = 1
const SO_RCVBUF = 8
const RECEIVE_BYTES = 1 << 20
const SOL_PACKET = 263
const PACKET_ADD_MEMBERSHIP = 1
const PACKET_MR_PROMISC = 1
/** Kernel's time of the packet that was received last. */
const SIOCGSTAMPNS = 0x8907
const CLOCK_REALTIME = 0
const MAX_FRAME_BYTES = 2048

export interface PacketSocket {
  readonly fd: number
  readonly family: 4 | 6
  /** The next frame, or `null` when none waits; the bytes hold until the next call. @throws {L2Failure} when the socket is broken */
  read(): Buffer | null
  /** Nanoseconds since the kernel received the frame read last; 0 = not known. */
  ageNs(): number
  /** False when the kernel does not take it: its queue is full, or the interface is down. */
  send(frame: Buffer): boolean
  /** Lets only packets about these addresses pass: the last four bytes of each. @throws {L2Failure} */
  watch(words: readonly number[]): void
  close(): void
}

/** ARP for family 4, neighbour discovery for family 6. @throws {L2Failure} */
export function openPacketSocket(
  libc: Libc,
  family: 4 | 6,
  interfaceIndex: number,
  isPromiscuous: boolean,
): PacketSocket {
  const protocol = family === 4 ? ETHER_TYPE_ARP : ETHER_TYPE_IPV6
  // Protocol 0 receives nothing: no frame comes before the filter is there.
  const fd = libc.socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
  if (fd < 0) throw failureOf(libc, 'open a packet socket')
  const frame = Buffer.alloc(MAX_FRAME_BYTES)
  const stamp = Buffer.alloc(16)

  function check(result: number, action: string): void {
    if (result >= 0) return
    const failure = failureOf(libc, action)
    libc.close(fd)
    throw failure
  }
  const filterOf = family === 4 ? arpFilter : ndpFilter

  check(libc.attachFilter(fd, filterOf([])), 'filter a packet socket')
  // As much as the system allows: what comes while this thread waits for a processor is then not lost. Refusal is harmless.
  const room = Buffer.alloc(4)
  room.writeInt32LE(RECEIVE_BYTES)
  libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, room, room.length)
  const address = Buffer.alloc(20)
  address.writeUInt16LE(AF_PACKET, 0)
  address.writeUInt16BE(protocol, 2)
  address.writeInt32LE(interfaceIndex, 4)
  check(libc.bind(fd, address, address.length), `bind a packet socket to interface ${interfaceIndex}`)
  if (isPromiscuous) {
    const membership = Buffer.alloc(16)
    membership.writeInt32LE(interfaceIndex, 0)
    membership.writeUInt16LE(PACKET_MR_PROMISC, 4)
    const result = libc.setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership, membership.length)
    check(result, `make interface ${interfaceIndex} promiscuous`)
  }
  return {
    fd,
    family,
    read() {
      const length = libc.recv(fd, frame, frame.length, 0)
      if (length >= 0) return frame.subarray(0, length)
      const code = libc.lastError()
      // ENETDOWN comes once when the interface goes down; the socket works on when it is back.
      if (code === 'EAGAIN' || code === 'EINTR' || code === 'ENETDOWN' || code === 'ENOBUFS') return null
      throw failureOf(libc, `receive on interface ${interfaceIndex}`)
    },
    ageNs() {
      if (libc.ioctl(fd, SIOCGSTAMPNS, stamp) !== 0) return 0
      const receivedNs = stamp.readBigInt64LE(0) * 1_000_000_000n + stamp.readBigInt64LE(8)
      libc.clockGetTime(CLOCK_REALTIME, stamp)
      const age = Number(stamp.readBigInt64LE(0) * 1_000_000_000n + stamp.readBigInt64LE(8) - receivedNs)
      // A clock that was set in between makes no sense of it.
      return age > 0 && age < 10e9 ? age : 0
    },
    send: (bytes) => libc.send(fd, bytes, bytes.length, 0) === bytes.length,
    watch(words) {
      if (libc.attachFilter(fd, filterOf(words)) === 0) return
      // Too long for what the kernel lets a socket have (net.core.optmem_max): this process looks at the addresses instead.
      if (libc.attachFilter(fd, filterOf(null)) < 0) throw failureOf(libc, 'filter a packet socket')
    },
    close: () => void libc.close(fd),
  }
}
