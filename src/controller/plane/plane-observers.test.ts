import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { compileRoutes } from '../../routing/compile.ts'
import { DEFAULT_TRACING } from '../../routing/tracing.ts'
import type { AccessLogSettings, Route, RoutingModel } from '../../routing/model.ts'
import { startOtlpReceiver } from '../../proxy/testing/otlp-receiver.ts'
import { fixtureModel } from '../../proxy/testing/proxy-fixture.ts'
import { RequestRecord } from '../../proxy/request-record.ts'
import { PlaneObservers } from './plane-observers.ts'

const TRACED: Partial<Route> = { tracing: { trustsIncoming: true, operationName: '' } }

function modelWith(accessLog: Partial<AccessLogSettings>, port: number): RoutingModel {
  const model = fixtureModel({ upstreams: [], route: TRACED })
  const tracing = { ...DEFAULT_TRACING, collectorHost: '127.0.0.1', collectorPort: port, scheduleDelayMs: 600_000 }
  return {
    ...model,
    settings: {
      ...model.settings,
      tracing,
      accessLog: { isEnabled: true, format: '$request_uri $opentelemetry_span_id', escape: 'default', ...accessLog },
    },
  }
}

function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'genkan-observers-'))
  context.after(() => rmSync(folder, { recursive: true }))
  return folder
}

test('a request that is over is logged where the model says, counted, and exported before the end', async (context) => {
  const receiver = await startOtlpReceiver()
  context.after(() => receiver[Symbol.asyncDispose]())
  const path = join(temporaryFolder(context), 'access.log')
  const problems: string[] = []
  const observers = new PlaneObservers({ accessLog: '' }, (problem) => problems.push(problem))
  const model = modelWith({ path, skippedUris: [{ kind: 'text', text: '/healthz' }] }, receiver.grpcPort)
  await observers.apply(model)
  const route = compileRoutes(model.routes, () => null).anyHost?.routes[0] ?? null
  const { tracer } = observers.tracing
  assert.ok(route?.tracing && tracer)
  for (const target of ['/a', '/healthz']) {
    const record = new RequestRecord()
    const span = tracer.start(route.tracing, '')
    observers.observe(Object.assign(record, { method: 'GET', target, status: 200, route, span }))
  }
  await observers.close()
  const [span] = receiver.spans
  assert.equal(readFileSync(path, 'utf8'), `/a ${span?.spanId}\n`)
  assert.equal(receiver.spans.length, 2)
  assert.deepEqual(observers.tracing.counts(), { exported: 2, dropped: 0 })
  assert.equal(observers.metrics.snapshot().series[0]?.values[0], 2)
  assert.deepEqual(problems, [])
})
