/**
 * What Node has no words for: TCP-MD5 signatures (RFC 2385) and hop limits, set on a socket before it connects or listens.
 * The system calls go through koffi, which is an optional dependency and loaded when a peer needs it.
 */
import { Socket } from 'node:net'
import type { Secret } from '../../base/secret.ts'
import { AF_INET6, SOCK_CLOEXEC, loadLibc } from '../l2/libc.ts'
import { parseIp, type Family } from './ip-bytes.ts'

export interface SocketOptions {
  /** A TCP socket without an address, closed on exec. @throws {Error} */
  readonly openSocket: (family: Family) => number
  readonly closeSocket: (fd: number) => void
  /** @param key at most 80 bytes; empty = the peer has no key any more. @throws {Error} */
  readonly setKey: (fd: number, peerAddress: string, key: Uint8Array) => void
  /** @throws {Error} */
  readonly setHopLimit: (fd: number, family: Family, hops: number) => void
  /** Packets with fewer hops left are dropped (RFC 5082). @throws {Error} */
  readonly setLeastHopLimit: (fd: number, family: Family, hops: number) => void
  /** For addresses that were in use a moment ago. @throws {Error} */
  readonly bindReused: (fd: number, address: string, port: number) => void
}

/** Linux's, the same on x64 and arm64. */
const AF_INET = 2
const SOCK_STREAM = 1
const SOL_SOCKET = 1
const SO_REUSEADDR = 2
const IPPROTO_IP = 0
const IP_TTL = 2
const IP_MINTTL = 21
const IPPROTO_TCP = 6
const TCP_MD5SIG = 14
const IPPROTO_IPV6 = 41
const IPV6_UNICAST_HOPS = 16
const IPV6_V6ONLY = 26
const IPV6_MINHOPCOUNT = 73
/** `struct tcp_md5sig`: an address of 128 bytes, flags, prefix length, key length, interface, key. */
const MD5_STRUCT_BYTES = 216
const MD5_KEY_LENGTH_AT = 130
const MD5_KEY_AT = 136
/** TCP_MD5SIG_MAXKEYLEN. */
export const LONGEST_KEY = 80

/** @throws {L2Failure} where koffi is not installed, or has no build for this system */
export function loadSocketOptions(): SocketOptions {
  const libc = loadLibc()

  function setOption(fd: number, level: number, name: number, value: Buffer, what: string): void {
    if (libc.setsockopt(fd, level, name, value, value.length) !== 0)
      throw new Error(`Cannot set ${what} of a socket: ${libc.lastError()}`)
  }
  function setNumber(fd: number, level: number, name: number, value: number, what: string): void {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32LE(value)
    setOption(fd, level, name, bytes, what)
  }

  return {
    openSocket(family) {
      const fd = libc.socket(family === 4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)
      if (fd < 0) throw new Error(`Cannot open a socket: ${libc.lastError()}`)
      return fd
    },
    closeSocket: (fd) => void libc.close(fd),
    setKey(fd, peerAddress, key) {
      if (key.length > LONGEST_KEY)
        throw new Error(`Cannot use a password of ${key.length} bytes; TCP-MD5 has at most ${LONGEST_KEY}`)
      const bytes = Buffer.alloc(MD5_STRUCT_BYTES)
      bytes.set(toSocketAddress(peerAddress, 0))
      bytes.writeUInt16LE(key.length, MD5_KEY_LENGTH_AT)
      bytes.set(key, MD5_KEY_AT)
      setOption(fd, IPPROTO_TCP, TCP_MD5SIG, bytes, 'the MD5 key')
    },
    setHopLimit(fd, family, hops) {
      if (family === 4) setNumber(fd, IPPROTO_IP, IP_TTL, hops, 'the TTL')
      else setNumber(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, hops, 'the hop limit')
    },
    setLeastHopLimit(fd, family, hops) {
      if (family === 4) setNumber(fd, IPPROTO_IP, IP_MINTTL, hops, 'the least TTL')
      else setNumber(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT, hops, 'the least hop limit')
    },
    bindReused(fd, address, port) {
      setNumber(fd, SOL_SOCKET, SO_REUSEADDR, 1, 'the reuse of addresses')
      const bytes = toSocketAddress(address, port)
      if (bytes.length > 16) setNumber(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1, 'IPv6 only')
      if (libc.bind(fd, bytes, bytes.length) !== 0)
        throw new Error(`Cannot listen on ${address} port ${port}: ${libc.lastError()}`)
    },
  }
}

/** `struct sockaddr_in` or `sockaddr_in6`, little-endian machines. @throws {TypeError} */
export function toSocketAddress(address: string, port: number): Buffer {
  const ip = parseIp(address.replace(/%.*/, ''))
  if (ip === null) throw new TypeError(`Cannot use the address ${address}: it is neither IPv4 nor IPv6`)
  const bytes = Buffer.alloc(ip.length === 4 ? 16 : 28)
  bytes[0] = ip.length === 4 ? AF_INET : AF_INET6
  bytes[2] = port >> 8
  bytes[3] = port & 0xff
  bytes.set(ip, ip.length === 4 ? 4 : 8)
  return bytes
}

export interface ConnectTarget {
  readonly address: string
  readonly port: number
  /** Empty = the kernel chooses. */
  readonly sourceAddress: string
  /** `null` = the kernel's. */
  readonly hopLimit: number | null
  /** Packets from farther away are dropped. */
  readonly hasGtsm: boolean
  readonly password: Secret | null
}

/**
 * Begins to connect. Where koffi is missing the kernel's own hop limit is used.
 * @throws {Error} for what the kernel refuses, and for a password or GTSM without koffi
 */
export function connectTo(target: ConnectTarget): Socket {
  const { address, port, sourceAddress, hopLimit, hasGtsm, password } = target
  const to = { host: address, port, ...(sourceAddress === '' ? {} : { localAddress: sourceAddress }) }
  if (password === null && hopLimit === null && !hasGtsm) return new Socket().connect(to)
  const calls = loadIfNeeded(password !== null || hasGtsm)
  if (calls === null) return new Socket().connect(to)
  const family: Family = address.includes(':') ? 6 : 4
  const fd = calls.openSocket(family)
  try {
    if (password !== null) calls.setKey(fd, address, password.reveal())
    if (hopLimit !== null) calls.setHopLimit(fd, family, hopLimit)
    if (hasGtsm) calls.setLeastHopLimit(fd, family, 255)
  } catch (error) {
    calls.closeSocket(fd)
    throw error
  }
  // The socket owns the descriptor from here. It has to connect within this turn: an idle one would read as closed.
  return new Socket({ fd }).connect(to)
}

/** @throws {L2Failure} if it is needed and not there */
function loadIfNeeded(isNeeded: boolean): SocketOptions | null {
  try {
    return loadSocketOptions()
  } catch (error) {
    if (isNeeded) throw error
    return null
  }
}
