/**
 * The few calls of the C library that Node does not offer, through the optional package `koffi`, which is loaded when first
 * needed. Constants are those of Linux, the same on all platforms that `koffi` has prebuilt code for (little-endian ones).
 */
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import type * as koffiModule from 'koffi'
import type { L2FailureCode } from './responder-model.ts'

export const AF_INET6 = 10
export const AF_NETLINK = 16
export const AF_PACKET = 17
export const SOCK_DGRAM = 2
export const SOCK_RAW = 3
export const SOCK_NONBLOCK = 0o4000
export const SOCK_CLOEXEC = 0o2000000
export const POLLIN = 1

/** Calls return -1 on failure; `lastError` then says why, until the next call. */
export interface Libc {
  socket(family: number, type: number, protocol: number): number
  bind(fd: number, address: Buffer, length: number): number
  setsockopt(fd: number, level: number, option: number, value: Buffer, length: number): number
  recv(fd: number, into: Buffer, length: number, flags: number): number
  send(fd: number, bytes: Buffer, length: number, flags: number): number
  poll(fds: Buffer, count: number, timeoutMs: number): number
  ioctl(fd: number, request: number, argument: Buffer): number
  read(fd: number, into: Buffer, length: number): number
  eventfd(initial: number, flags: number): number
  clockGetTime(clock: number, into: Buffer): number
  close(fd: number): number
  /** SO_ATTACH_FILTER: instructions of 8 bytes each. */
  attachFilter(fd: number, program: Buffer): number
  /** `EPERM`. */
  lastError(): string
}

/** Why layer 2 cannot work here at all. */
export class L2Failure extends Error {
  readonly code: L2FailureCode

  constructor(code: L2FailureCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'L2Failure'
    this.code = code
  }
}

let loaded: Libc | null = null

/** @throws {L2Failure} with `LIBRARY_MISSING` when the package is not there or does not work on this machine */
export function loadLibc(): Libc {
  loaded ??= bindLibc()
  return loaded
}

/** The text of a failed call, with what to do where that is known. */
export function failureOf(libc: Libc, action: string): L2Failure {
  const code = libc.lastError()
  if (code === 'EPERM' || code === 'EACCES')
    return new L2Failure(
      'NOT_PERMITTED',
      `Cannot ${action}: ${code}; it needs the capability NET_RAW (securityContext.capabilities.add of the container)`,
    )
  return new L2Failure('BROKEN', `Cannot ${action}: ${code}`)
}

function bindLibc(): Libc {
  try {
    return bindWith(createRequire(import.meta.url)('koffi') as typeof koffiModule)
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw new L2Failure(
      'LIBRARY_MISSING',
      `Cannot call the C library: ${reason}; install the optional package koffi for ${process.platform}-${process.arch} (npm install --include=optional)`,
      { cause: error },
    )
  }
}

function bindWith(koffi: typeof koffiModule): Libc {
  const library = koffi.load(null)
  const program = koffi.struct({ length: 'uint16', filter: 'void *' })
  const attach = library.func('setsockopt', 'int', ['int', 'int', 'int', koffi.pointer(program), 'uint32'])
  const names = new Map(Object.entries(constants.errno).map(([name, value]) => [value, name]))
  // The same number as EWOULDBLOCK.
  names.set(constants.errno.EAGAIN, 'EAGAIN')
  return {
    socket: library.func('int socket(int, int, int)'),
    bind: library.func('int bind(int, void *, uint32_t)'),
    setsockopt: library.func('int setsockopt(int, int, int, void *, uint32_t)'),
    recv: library.func('long recv(int, void *, unsigned long, int)'),
    send: library.func('long send(int, void *, unsigned long, int)'),
    poll: library.func('int poll(void *, unsigned long, int)'),
    ioctl: library.func('int ioctl(int, unsigned long, void *)'),
    read: library.func('long read(int, void *, unsigned long)'),
    eventfd: library.func('int eventfd(unsigned int, int)'),
    clockGetTime: library.func('int clock_gettime(int, void *)'),
    close: library.func('int close(int)'),
    attachFilter: (fd, instructions) =>
      attach(fd, 1, 26, { length: instructions.length / 8, filter: instructions }, 16) as number,
    lastError: () => {
      const number = koffi.errno()
      return names.get(number) ?? `errno ${number}`
    },
  }
}
