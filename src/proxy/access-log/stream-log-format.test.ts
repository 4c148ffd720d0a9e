import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_STREAM_LOG_FORMAT } from '../../routing/streams.ts'
import { StreamRecord } from '../stream/stream-record.ts'
import { createLogClock } from './log-clock.ts'
import { compileStreamLogFormat } from './stream-log-format.ts'

const WALL_MS = Date.parse('2026-11-21T08:13:00.250Z')

function recordOf(fields: Partial<StreamRecord>): StreamRecord {
  return Object.assign(new StreamRecord('TCP'), { remoteAddress: '192.0.2.7' }, fields)
}

function render(format: string, fields: Partial<StreamRecord>, escape: 'default' | 'json' = 'default'): string {
  const record = recordOf(fields)
  const clock = createLogClock({ wallMs: () => WALL_MS, monotonicMs: () => record.startMs + 1234 })
  return compileStreamLogFormat({ format, escape }, clock).render(record)
}

test('the default line', () => {
  const clock = createLogClock({ wallMs: () => WALL_MS, monotonicMs: () => 0 })
  clock.tick()
  assert.equal(
    render(DEFAULT_STREAM_LOG_FORMAT, { bytesSent: 5, bytesReceived: 7 }),
    `[192.0.2.7] [${clock.timeLocal}] TCP 200 5 7 1.234`,
  )
})

test('upstreams, server names and the PROXY protocol', () => {
  const fields = {
    upstreamAddress: '192.0.2.8:1, 192.0.2.9:1',
    upstreamConnectMs: 12,
    upstreamName: 'tcp-shop-db-1',
    serverName: 'vault.example',
    peerAddress: '192.0.2.1',
    proxyProtocolAddress: '192.0.2.7',
    proxyProtocolPort: 0,
  }
  assert.equal(
    render(
      '$upstream_addr|$upstream_connect_time|$proxy_upstream_name|$ssl_preread_server_name|$realip_remote_addr|$proxy_protocol_addr:$proxy_protocol_port',
      fields,
    ),
    '192.0.2.8:1, 192.0.2.9:1|0.012|tcp-shop-db-1|vault.example|192.0.2.1|192.0.2.7:0',
  )
})

test('what is not there is a dash, or empty in JSON', () => {
  const format = '"$upstream_addr" "$proxy_protocol_addr" "$upstream_connect_time"'
  assert.equal(render(format, {}), '"-" "-" "-"')
  assert.equal(render(format, {}, 'json'), '"" "" ""')
})

test('variables of requests are unknown to streams', () => {
  assert.deepEqual(compileStreamLogFormat({ format: '$status $request $host $request', escape: 'default' }).unknown, [
    'request',
    'host',
  ])
})
