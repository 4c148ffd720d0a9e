/**
 * Nanoseconds to render and buffer one access log line: the default line and a JSON line, written to /dev/null.
 * Run: node benchmarks/proxy/access-log.ts
 */
import { DEFAULT_LOG_FORMAT } from '../../src/routing/defaults.ts'
import { createAccessLog } from '../../src/proxy/access-log/access-log.ts'
import { RequestRecord } from '../../src/proxy/request-record.ts'

const ROUNDS = 7
const LINES = 100_000

const JSON_FORMAT =
  '{ "time": "$time_iso8601", "x-forward-for": "$proxy_add_x_forwarded_for", "request_id": "$request_id", ' +
  '"bytes_sent": $bytes_sent, "request_time": $request_time, "status": $status, "vhost": "$host", ' +
  '"path": "$uri", "request_query": "$args", "method": "$request_method", "http_user_agent": "$http_user_agent" }'

/** A record as a front would make it: strings cut from one head. */
function createRecord(index: number, hasAgent: boolean): RequestRecord {
  const agent = hasAgent ? 'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n' : ''
  const head = `GET /shop/items/${index}?page=2 HTTP/1.1\r\nHost: shop.example.com\r\nAccept: */*\r\n${agent}\r\n`
  const record = new RequestRecord()
  const target = head.indexOf(' HTTP')
  record.startMs = performance.now()
  record.method = head.slice(0, 3)
  record.target = head.slice(4, target)
  record.protocol = 'HTTP/1.1'
  record.authority = record.host = 'shop.example.com'
  record.remoteAddress = '127.0.0.1'
  record.userAgent = hasAgent ? head.slice(head.indexOf('Mozilla'), head.length - 4) : ''
  record.requestId = '5a3f0b9c7d1e4f60a1b2c3d4e5f60718'
  record.headerLines = head.slice(head.indexOf('\n') + 1, head.length - 2)
  record.requestBytes = head.length
  record.status = 200
  record.bytesSent = 1345
  record.bodyBytesSent = 1024
  record.upstreamName = 'shop-web-80'
  record.upstreamAddress = '127.0.0.1:18080'
  record.upstreamStatus = '200'
  record.upstreamResponseBytes = 1024
  record.upstreamHeaderMs = record.upstreamResponseMs = 1.5
  return record
}

async function measure(name: string, format: string, hasAgent: boolean): Promise<void> {
  const log = createAccessLog({ target: '/dev/null', settings: { isEnabled: true, format, escape: 'default' } })
  const records = Array.from({ length: 1000 }, (_, index) => createRecord(index, hasAgent))
  const rounds: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage()
    for (let i = 0; i < LINES; i += records.length) {
      for (const record of records) log.observe(record)
      await log.flush()
    }
    const used = process.cpuUsage(before)
    rounds.push(((used.user + used.system) * 1000) / LINES)
  }
  await log.close()
  rounds.sort((a, b) => a - b)
  const [best = 0, median = 0] = [rounds[0], rounds[ROUNDS >> 1]]
  process.stdout.write(`${name.padEnd(34)} median ${median.toFixed(0)} ns/line, best ${best.toFixed(0)}\n`)
}

await measure('default line', DEFAULT_LOG_FORMAT, true)
await measure('default line, no agent or referer', DEFAULT_LOG_FORMAT, false)
await measure('JSON line', JSON_FORMAT, true)
