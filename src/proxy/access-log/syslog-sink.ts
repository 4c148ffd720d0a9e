/**
 * Sends lines to a syslog server over UDP in the form that nginx sends (RFC 3164): facility local7, severity info, tag
 * `nginx`, one datagram a line. Nobody answers: what does not arrive is lost. A name is looked up when the socket is
 * made, and anew after a failure.
 */
import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { lookup } from 'node:dns'
import { hostname } from 'node:os'
import type { LogSink } from './log-sink.ts'

/** local7 is 23, info is 6. */
const PRIORITY = 23 * 8 + 6
const TAG = 'nginx'
/** A datagram must fit into one packet that the system takes; what is longer is cut. */
const LONGEST_MESSAGE = 8192
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const
const LINE_FEED = 0x0a

/** @param nowMs wall clock; tests pass a fixed one */
export function createSyslogSink(host: string, port: number, nowMs: () => number = Date.now): LogSink {
  let socket: Socket | null = null
  let isClosed = false

  function withSocket(use: (error: Error | null, socket: Socket | null) => void): void {
    if (socket !== null) return use(null, socket)
    lookup(host, (error, address) => {
      if (error !== null) return use(error, null)
      if (isClosed) return use(new Error('Cannot write access log: it was closed'), null)
      const opened = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
      // A log that nobody reads keeps no process alive.
      opened.unref()
      // ICMP's "port unreachable" for an earlier datagram: the next chunk begins anew.
      opened.on('error', drop)
      opened.connect(port, address, (failure?: Error) => {
        if (failure !== undefined) return use(failure, null)
        socket = opened
        use(null, opened)
      })
    })
  }

  function drop(): void {
    socket?.close()
    socket = null
  }

  return {
    write(chunk, done): void {
      withSocket((error, opened) => {
        if (opened === null) return done(error)
        const datagrams = toDatagrams(chunk, nowMs())
        let waiting = datagrams.length
        let failure: Error | null = null
        if (waiting === 0) return done(null)
        for (const datagram of datagrams) {
          opened.send(datagram, (problem) => {
            failure ??= problem
            if (--waiting > 0) return
            if (failure !== null) drop()
            done(failure)
          })
        }
      })
    },
    close(): void {
      isClosed = true
      drop()
    },
  }
}

function toDatagrams(chunk: Buffer, nowMs: number): readonly Buffer[] {
  const head = Buffer.from(`<${PRIORITY}>${timestamp(new Date(nowMs))} ${shortHostname()} ${TAG}: `)
  const datagrams: Buffer[] = []
  for (let from = 0; from < chunk.length;) {
    const found = chunk.indexOf(LINE_FEED, from)
    const end = found === -1 ? chunk.length : found
    datagrams.push(Buffer.concat([head, chunk.subarray(from, Math.min(end, from + LONGEST_MESSAGE - head.length))]))
    from = end + 1
  }
  return datagrams
}

/** `Nov  1 08:13:00`, local time. */
function timestamp(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = String(date.getDate()).padStart(2, ' ')
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return `${MONTHS[date.getMonth()] ?? ''} ${day} ${time}`
}

/** RFC 3164, 4.1.2: a host's name without its domain. */
function shortHostname(): string {
  return hostname().replace(/\..*$/, '')
}
