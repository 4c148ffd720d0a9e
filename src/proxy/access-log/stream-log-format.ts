/** A log format for connections that are passed on unread: `$variables` of nginx's stream module (docs/streams.md). */
import { hostname } from 'node:os'
import type { AccessLogSettings } from '../../routing/model.ts'
import type { StreamRecord } from '../stream/stream-record.ts'
import { escapeDefault, escapeJson, escapeLineBreaks } from './escape.ts'
import { createLogClock, type LogClock } from './log-clock.ts'
import { formatSeconds } from './seconds.ts'
import { parseTemplate } from './template.ts'

export interface StreamLogFormat {
  /** One line without line break, one character per byte. */
  render(record: StreamRecord): string
  /** Variables of the template that no stream has, each once; they print as if not found. */
  readonly unknown: readonly string[]
}

type Getter = (record: StreamRecord, clock: LogClock) => string | null

const HOST_NAME = hostname()
const PID = String(process.pid)
const ESCAPES = { default: escapeDefault, json: escapeJson, none: escapeLineBreaks } as const

const VARIABLES: Readonly<Record<string, Getter>> = {
  remote_addr: (record) => record.remoteAddress,
  remote_port: (record) => String(record.remotePort),
  realip_remote_addr: (record) => record.peerAddress || record.remoteAddress,
  proxy_protocol_addr: (record) => orNothing(record.proxyProtocolAddress),
  proxy_protocol_port: (record) => (record.proxyProtocolPort === -1 ? null : String(record.proxyProtocolPort)),
  server_port: (record) => String(record.serverPort),
  protocol: (record) => record.protocol,
  status: (record) => String(record.status),
  bytes_sent: (record) => String(record.bytesSent),
  bytes_received: (record) => String(record.bytesReceived),
  session_time: (record, clock) => formatSeconds(clock.monotonicMs - record.startMs),
  upstream_addr: (record) => orNothing(record.upstreamAddress),
  upstream_bytes_sent: (record) => String(record.upstreamBytesSent),
  upstream_bytes_received: (record) => String(record.upstreamBytesReceived),
  upstream_connect_time: (record) => (record.upstreamConnectMs === -1 ? null : formatSeconds(record.upstreamConnectMs)),
  upstream_session_time: (record, clock) => formatSeconds(clock.monotonicMs - record.startMs),
  proxy_upstream_name: (record) => record.upstreamName,
  ssl_preread_server_name: (record) => orNothing(record.serverName),
  time_local: (_, clock) => clock.timeLocal,
  time_iso8601: (_, clock) => clock.timeIso8601,
  msec: (_, clock) => formatSeconds(clock.wallMs),
  hostname: () => HOST_NAME,
  pid: () => PID,
}

/** @param clock tests pass one with fixed time */
export function compileStreamLogFormat(
  { format, escape }: Pick<AccessLogSettings, 'format' | 'escape'>,
  clock: LogClock = createLogClock(),
): StreamLogFormat {
  const missing = escape === 'default' ? '-' : ''
  const escapeText = ESCAPES[escape]
  const unknown = new Set<string>()
  const renderers = parseTemplate(format).map((part): ((record: StreamRecord) => string) => {
    if (part.kind === 'text') return () => part.text
    const get = Object.hasOwn(VARIABLES, part.name) ? VARIABLES[part.name] : undefined
    if (get === undefined) {
      unknown.add(part.name)
      return () => missing
    }
    return (record) => {
      const value = get(record, clock)
      return value === null ? missing : escapeText(value)
    }
  })
  return {
    unknown: [...unknown],
    render(record) {
      clock.tick()
      return renderers.map((render) => render(record)).join('')
    },
  }
}

function orNothing(value: string): string | null {
  return value === '' ? null : value
}
