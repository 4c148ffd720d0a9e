import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileRoutes, type CompiledRoute } from '../../routing/compile.ts'
import type { RouteLabels } from '../../routing/model.ts'
import { RequestRecord } from '../request-record.ts'
import { parseExposition } from '../../../test/support/exposition-parser.ts'
import { addSnapshots, formatRequestMetrics } from './request-exposition.ts'
import { DEFAULT_METRICS, type MetricsOptions } from './metrics-options.ts'
import { createRequestMetrics, type RequestMetrics } from './request-metrics.ts'
import { SeriesLayout } from './request-series.ts'

const CONST = { controller_class: 'k8s.io/ingress-nginx', controller_namespace: 'ingress', controller_pod: 'pod-1' }
const PREFIX = 'nginx_ingress_controller_'

function createRoute(labels: Partial<RouteLabels> = {}): CompiledRoute {
  const { fallback } = compileRoutes(
    { hosts: [], fallback: { backendId: 'b', notFound: { status: 404, contentType: '', body: '' } } },
    () => null,
  )
  assert.ok(fallback !== null)
  const own = { namespace: 'shop', ingress: 'web', service: 'front', path: '/a', host: 'shop.example', ...labels }
  return { ...fallback, labels: { ...fallback.labels, ...own } }
}

function createRecord(route: CompiledRoute | null, fields: Partial<RequestRecord> = {}): RequestRecord {
  const record = new RequestRecord()
  return Object.assign(record, { method: 'GET', status: 200, route, startMs: 1000, host: 'evil.example', ...fields })
}

function create(maxSeries?: number): RequestMetrics {
  const options = { constLabels: CONST, nowMs: () => 1030 }
  return createRequestMetrics(maxSeries === undefined ? options : { ...options, maxSeries })
}

function read(metrics: RequestMetrics): ReturnType<typeof parseExposition> {
  return parseExposition([...metrics.collect()].join(''))
}

test('a request is counted under the labels of its rule, not under what the client sent', () => {
  const metrics = create()
  metrics.observe(createRecord(createRoute()))
  const families = read(metrics)
  assert.deepEqual(families.get(`${PREFIX}requests`), {
    type: 'counter',
    samples: [
      {
        name: `${PREFIX}requests`,
        labels: {
          ...CONST,
          canary: '',
          host: 'shop.example',
          ingress: 'web',
          method: 'GET',
          namespace: 'shop',
          path: '/a',
          service: 'front',
          status: '200',
        },
        value: 1,
      },
    ],
  })
})

test('all eight request families appear with the buckets that dashboards expect', () => {
  const metrics = create()
  metrics.observe(
    createRecord(createRoute(), {
      upstreamConnectMs: 1,
      upstreamHeaderMs: 6,
      upstreamResponseMs: 20,
      requestBytes: 95,
      bytesSent: 1500,
      upstreamAddress: 'a',
    }),
  )
  const families = read(metrics)
  const bounds = (name: string): (string | undefined)[] =>
    (families.get(PREFIX + name)?.samples ?? []).filter((s) => s.name.endsWith('_bucket')).map((s) => s.labels['le'])
  const first = (name: string): string | undefined =>
    families.get(PREFIX + name)?.samples.find((s) => s.name.endsWith('_bucket') && s.value === 1)?.labels['le']
  const seconds = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10', '+Inf']
  const lengths = ['10', '20', '30', '40', '50', '60', '70', '80', '90', '100', '+Inf']
  const sizes = ['10', '100', '1000', '10000', '100000', '1000000', '10000000', '+Inf']
  for (const name of ['request', 'response', 'header', 'connect'])
    assert.deepEqual(bounds(`${name}_duration_seconds`), seconds)
  assert.deepEqual(bounds('request_size'), lengths)
  assert.deepEqual(bounds('response_size'), lengths)
  assert.deepEqual(bounds('bytes_sent'), sizes)
  assert.equal(first('request_duration_seconds'), '0.05')
  assert.equal(first('response_duration_seconds'), '0.025')
  assert.equal(first('header_duration_seconds'), '0.01')
  assert.equal(first('connect_duration_seconds'), '0.005')
  assert.equal(first('request_size'), '100')
  assert.equal(first('response_size'), '+Inf')
  assert.equal(first('bytes_sent'), '10000')
})

test('a value on a bound falls into that bucket', () => {
  const metrics = create()
  metrics.observe(createRecord(createRoute(), { bytesSent: 100 }))
  const samples = read(metrics).get(`${PREFIX}bytes_sent`)?.samples ?? []
  assert.deepEqual(
    samples.slice(0, 3).map((sample) => sample.value),
    [0, 1, 1],
  )
})

test('an answer without upstream has no upstream durations', () => {
  const metrics = create()
  metrics.observe(createRecord(createRoute(), { status: 503 }))
  const families = read(metrics)
  assert.equal(families.has(`${PREFIX}response_duration_seconds`), false)
  assert.equal(families.has(`${PREFIX}request_duration_seconds`), true)
})

test('requests that no Ingress took are counted apart and create no series', () => {
  const metrics = create()
  metrics.observe(createRecord(null, { status: 404 }))
  metrics.observe(createRecord(createRoute({ namespace: '', ingress: '' }), { status: 404 }))
  const families = read(metrics)
  assert.equal(families.has(`${PREFIX}requests`), false)
  assert.equal(families.get('genkan_unmatched_requests_total')?.samples[0]?.value, 2)
})

test('methods that clients invent share one label', () => {
  const metrics = create()
  const route = createRoute()
  for (const method of ['BREW', 'get', '', 'PURGE']) metrics.observe(createRecord(route, { method }))
  const samples = read(metrics).get(`${PREFIX}requests`)?.samples
  assert.deepEqual(
    samples?.map((sample) => [sample.labels['method'], sample.value]),
    [['OTHER', 4]],
  )
})

test('a rule without host is labelled with an underscore', () => {
  const metrics = create()
  metrics.observe(createRecord(createRoute({ host: '' })))
  assert.equal(read(metrics).get(`${PREFIX}requests`)?.samples[0]?.labels['host'], '_')
})

test('a client that left before the answer is counted as 499', () => {
  const metrics = create()
  metrics.observe(createRecord(createRoute(), { status: 0, isAborted: true }))
  assert.equal(read(metrics).get(`${PREFIX}requests`)?.samples[0]?.labels['status'], '499')
})

test('a new compilation of the same rule goes on with its series', () => {
  const metrics = create()
  metrics.observe(createRecord(createRoute()))
  metrics.observe(createRecord(createRoute()))
  assert.deepEqual(
    read(metrics)
      .get(`${PREFIX}requests`)
      ?.samples.map((sample) => sample.value),
    [2],
  )
})

test('beyond the bound requests are counted as overflow, and known series go on', () => {
  const metrics = create(2)
  const route = createRoute()
  for (const status of [200, 201, 202, 200]) metrics.observe(createRecord(route, { status }))
  const families = read(metrics)
  assert.deepEqual(
    families.get(`${PREFIX}requests`)?.samples.map((sample) => [sample.labels['status'], sample.value]),
    [
      ['200', 2],
      ['201', 1],
    ],
  )
  assert.equal(families.get('genkan_request_series_overflow_total')?.samples[0]?.value, 1)
})

test('series of an Ingress that is gone are forgotten and make room', () => {
  const metrics = create(1)
  const kept = createRoute({ ingress: 'kept' })
  metrics.observe(createRecord(createRoute({ ingress: 'gone' })))
  metrics.observe(createRecord(kept))
  metrics.retainIngresses(new Set(['shop/kept']))
  metrics.observe(createRecord(kept))
  assert.deepEqual(
    read(metrics)
      .get(`${PREFIX}requests`)
      ?.samples.map((sample) => [sample.labels['ingress'], sample.value]),
    [['kept', 1]],
  )
})

test('label values with quotes, backslashes and line breaks are read back as they were', () => {
  const metrics = create()
  const path = '/a"b\\c\nd玄'
  metrics.observe(createRecord(createRoute({ path })))
  assert.equal(read(metrics).get(`${PREFIX}requests`)?.samples[0]?.labels['path'], path)
})

test('the counts of several workers add up and survive JSON', () => {
  const [a, b] = [create(), create()]
  a.observe(createRecord(createRoute()))
  b.observe(createRecord(createRoute()))
  b.observe(createRecord(createRoute(), { status: 500 }))
  b.observe(createRecord(null))
  const snapshots = [a.snapshot(), b.snapshot()]
  assert.deepEqual(JSON.parse(JSON.stringify(snapshots)), snapshots)
  const families = parseExposition([...formatRequestMetrics([addSnapshots(snapshots)], CONST)].join(''))
  assert.deepEqual(
    families.get(`${PREFIX}requests`)?.samples.map((sample) => [sample.labels['status'], sample.value]),
    [
      ['200', 2],
      ['500', 1],
    ],
  )
  assert.equal(families.get('genkan_unmatched_requests_total')?.samples[0]?.value, 1)
})

test('many series come in several pieces that make one text', () => {
  const metrics = create()
  for (let i = 0; i < 120; i++) metrics.observe(createRecord(createRoute({ ingress: `web-${i}` })))
  assert.ok([...metrics.collect()].length > 10)
  assert.equal(read(metrics).get(`${PREFIX}request_duration_seconds`)?.samples.length, 120 * 14)
})

test("a canary's requests are counted under its name, beside the others of the route", () => {
  const metrics = create()
  const route = createRoute()
  metrics.observe(createRecord(route))
  metrics.observe(createRecord(route, { alternativeUpstreamName: 'shop-next-80' }))
  metrics.observe(createRecord(route, { alternativeUpstreamName: 'shop-next-80' }))
  const samples = read(metrics).get(`${PREFIX}requests`)?.samples ?? []
  const counts = samples.map(({ labels, value }) => [labels['canary'], value])
  assert.deepEqual(
    new Map(counts as [string, number][]),
    new Map([
      ['', 1],
      ['shop-next-80', 2],
    ]),
  )
})

function createWith(options: Partial<MetricsOptions>): RequestMetrics {
  return createRequestMetrics({ constLabels: CONST, nowMs: () => 1030, metrics: { ...DEFAULT_METRICS, ...options } })
}

test('without hosts and with classes of statuses there are fewer series', () => {
  const metrics = createWith({ isPerHost: false, reportsStatusClasses: true })
  for (const host of ['a.example', 'b.example']) {
    for (const status of [200, 204, 404]) metrics.observe(createRecord(createRoute({ host }), { status }))
  }
  const samples = read(metrics).get(`${PREFIX}requests`)?.samples ?? []
  assert.deepEqual(
    samples.map(({ labels, value }) => [labels['host'], labels['status'], value]),
    [
      [undefined, '2xx', 4],
      [undefined, '4xx', 2],
    ],
  )
})

test('families may be left out and buckets chosen', () => {
  const metrics = createWith({
    excluded: ['requests', 'request_size', 'bytes_sent'],
    timeBuckets: [0.02, 0.04],
    lengthBuckets: [1000],
  })
  metrics.observe(createRecord(createRoute(), { bytesSent: 1001, upstreamConnectMs: -1 }))
  const families = read(metrics)
  for (const name of ['requests', 'request_size', 'bytes_sent']) assert.equal(families.has(PREFIX + name), false, name)
  const buckets = (name: string): readonly (readonly [string | undefined, number])[] =>
    (families.get(PREFIX + name)?.samples ?? [])
      .filter((sample) => sample.name.endsWith('_bucket'))
      .map(({ labels, value }) => [labels['le'], value])
  assert.deepEqual(buckets('request_duration_seconds'), [
    ['0.02', 0],
    ['0.04', 1],
    ['+Inf', 1],
  ])
  assert.deepEqual(buckets('response_size'), [
    ['1000', 0],
    ['+Inf', 1],
  ])
})

test('requests for unknown hosts are counted when asked for, under few hosts, and outlive changes', () => {
  const metrics = createWith({ countsUndefinedHosts: true })
  metrics.observe(createRecord(null, { host: 'stranger.example', status: 404 }))
  for (let i = 0; i < 300; i++) metrics.observe(createRecord(null, { host: `h${i}.example`, status: 404 }))
  metrics.retainIngresses(new Set())
  metrics.observe(createRecord(null, { host: 'stranger.example', status: 404 }))
  metrics.observe(createRecord(null, { host: '', status: 400 }))
  const counts = new Map(
    read(metrics)
      .get(`${PREFIX}requests`)
      ?.samples.map(({ labels, value }) => [`${labels['host']} ${labels['status']}`, value] as const),
  )
  assert.equal(counts.get('stranger.example 404'), 2)
  assert.equal(counts.get('h98.example 404'), 1)
  assert.equal(counts.get('_other 404'), 201)
  assert.equal(counts.get('_other 400'), 1)
  assert.equal(counts.size, 102)
})

test('workers with the same options add up', () => {
  const options = { timeBuckets: [1], excluded: ['bytes_sent'] }
  const snapshots = [createWith(options), createWith(options)].map((metrics) => {
    metrics.observe(createRecord(createRoute()))
    return metrics.snapshot()
  })
  const layout = new SeriesLayout({ ...DEFAULT_METRICS, ...options })
  const families = parseExposition([...formatRequestMetrics([addSnapshots(snapshots)], CONST, layout)].join(''))
  const bucket = families.get(`${PREFIX}request_duration_seconds`)?.samples.find(({ labels }) => labels['le'] === '1')
  assert.equal(bucket?.value, 2)
})
