/**
 * UDP sockets of BFD (RFC 5881 4 and 5, RFC 5883): one to receive for each port and family, which lets the kernel drop what
 * has come over too many hops, and one to send for each session, from a port above 49151 with a hop limit of 255.
 */
import { createSocket, type Socket } from 'node:dgram'
import { toSocketAddress } from '../bgp/socket-options.ts'
import { AF_INET6, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK, loadLibc } from '../l2/libc.ts'

export const SINGLE_HOP_PORT = 3784
export const MULTI_HOP_PORT = 4784
const AF_INET = 2
const IPPROTO_IPV6 = 41
const IPV6_V6ONLY = 26
const FIRST_SOURCE_PORT = 49152
const MOST_TRIES = 20

/** Classic BPF: the network header begins at this offset. */
const NETWORK_HEADER = 0xfff00000
const TTL_AT = 8
const HOP_LIMIT_AT = 7

/** @returns a bound socket. @throws {Error} when the port is taken or koffi is missing */
export function openReceiver(family: 4 | 6, port: number, leastHops: number): Promise<Socket> {
  const libc = loadLibc()
  const fd = libc.socket(family === 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)
  if (fd < 0) throw new Error(`Cannot open a socket for BFD: ${libc.lastError()}`)
  try {
    if (family === 6) {
      const one = Buffer.alloc(4)
      one.writeInt32LE(1)
      libc.setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, one, one.length)
    }
    // Before it is bound, so that nothing slips in.
    if (libc.attachFilter(fd, hopFilter(family, leastHops)) !== 0)
      throw new Error(`Cannot check hop limits of BFD packets: ${libc.lastError()}`)
    const address = toSocketAddress(family === 4 ? '0.0.0.0' : '::', port)
    if (libc.bind(fd, address, address.length) !== 0)
      throw new Error(
        `Cannot receive BFD on UDP port ${port}: ${libc.lastError()}; another BFD daemon may run on this node`,
      )
  } catch (error) {
    libc.close(fd)
    throw error
  }
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6')
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind({ fd }, () => {
      socket.off('error', reject)
      resolve(socket)
    })
  })
}

/** @throws {Error} when no port is free or the address is not ours */
export async function openSender(family: 4 | 6, sourceAddress: string, random: () => number): Promise<Socket> {
  for (let tries = 1; ; tries++) {
    const socket = createSocket(family === 4 ? 'udp4' : 'udp6')
    const port = FIRST_SOURCE_PORT + Math.floor(random() * (65536 - FIRST_SOURCE_PORT))
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject)
        socket.bind({ port, exclusive: true, ...(sourceAddress === '' ? {} : { address: sourceAddress }) }, () => {
          socket.off('error', reject)
          resolve()
        })
      })
      socket.setTTL(255)
      // Answers do not come here, and unreachable ports are what BFD itself finds out.
      socket.on('error', () => {})
      return socket
    } catch (error) {
      socket.close()
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EADDRINUSE' && tries < MOST_TRIES) continue
      // Without the port, which is another one each time.
      throw new Error(`Cannot send BFD${sourceAddress === '' ? '' : ` from ${sourceAddress}`}: ${code}`, {
        cause: error,
      })
    }
  }
}

/** Load the byte, keep the packet if it is great enough. */
export function hopFilter(family: 4 | 6, leastHops: number): Buffer {
  const instructions: readonly (readonly [number, number, number, number])[] = [
    [0x30, 0, 0, NETWORK_HEADER + (family === 4 ? TTL_AT : HOP_LIMIT_AT)],
    [0x35, 0, 1, leastHops],
    [0x06, 0, 0, 0xffff],
    [0x06, 0, 0, 0],
  ]
  const program = Buffer.alloc(instructions.length * 8)
  for (const [at, [code, whenTrue, whenFalse, operand]] of instructions.entries()) {
    program.writeUInt16LE(code, at * 8)
    program[at * 8 + 2] = whenTrue
    program[at * 8 + 3] = whenFalse
    program.writeUInt32LE(operand, at * 8 + 4)
  }
  return program
}
