/**
 * Nanoseconds to count one request, and milliseconds to print all series when the bound is reached.
 * Run: node benchmarks/proxy/metrics.ts
 */
import { createConstLabels } from '../../src/proxy/metrics/const-labels.ts'
import { createRequestMetrics } from '../../src/proxy/metrics/request-metrics.ts'
import { RequestRecord } from '../../src/proxy/request-record.ts'
import { compileRoutes, type CompiledRoute } from '../../src/routing/compile.ts'

const ROUNDS = 7
const REQUESTS = 200_000
const STATUSES = [200, 404, 500] as const

function createRoutes(count: number): CompiledRoute[] {
  const { fallback } = compileRoutes(
    { hosts: [], fallback: { backendId: 'b', notFound: { status: 404, contentType: '', body: '' } } },
    () => null,
  )
  if (fallback === null) throw new TypeError('Cannot make routes: the table has no fallback')
  return Array.from({ length: count }, (_, i) => ({
    ...fallback,
    labels: {
      ...fallback.labels,
      namespace: 'shop',
      ingress: `web-${i}`,
      service: 'web',
      path: '/',
      host: `h${i}.example`,
    },
  }))
}

function createRecords(routes: readonly CompiledRoute[]): RequestRecord[] {
  return routes.flatMap((route) =>
    STATUSES.map((status) => {
      const record = new RequestRecord()
      record.method = 'GET'
      record.status = status
      record.route = route
      record.startMs = performance.now()
      record.requestBytes = 200
      record.bytesSent = 1300
      record.upstreamConnectMs = 0
      record.upstreamHeaderMs = record.upstreamResponseMs = 3
      return record
    }),
  )
}

const constLabels = createConstLabels({ pod: 'bench' })
const metrics = createRequestMetrics({ constLabels })
const records = createRecords(createRoutes(20))
const rounds: number[] = []
for (let round = 0; round < ROUNDS; round++) {
  const before = process.cpuUsage()
  for (let i = 0; i < REQUESTS; i += records.length) for (const record of records) metrics.observe(record)
  const used = process.cpuUsage(before)
  rounds.push(((used.user + used.system) * 1000) / REQUESTS)
}
rounds.sort((a, b) => a - b)
process.stdout.write(
  `observe: median ${(rounds[ROUNDS >> 1] ?? 0).toFixed(0)} ns/request, best ${(rounds[0] ?? 0).toFixed(0)}\n`,
)

const full = createRequestMetrics({ constLabels })
for (const record of createRecords(createRoutes(1334))) full.observe(record)
let pieces = 0
let bytes = 0
let longestMs = 0
const start = performance.now()
let last = start
for (const piece of full.collect()) {
  bytes += Buffer.byteLength(piece)
  pieces++
  longestMs = Math.max(longestMs, performance.now() - last)
  last = performance.now()
}
process.stdout.write(
  `collect 4000 series: ${(last - start).toFixed(0)} ms, ${(bytes / 1e6).toFixed(1)} MB, ${pieces} pieces, longest ${longestMs.toFixed(1)} ms\n`,
)
