import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import type { Collector, ExportOutcome } from './collector.ts'
import { createSpanExporter, type SpanExporterOptions } from './span-exporter.ts'

/** A collector whose exports end when the test says so. */
class ScriptedCollector implements Collector {
  readonly sent: Buffer[] = []
  isClosed = false
  #settle: ((outcome: ExportOutcome) => void) | null = null

  send(message: Buffer): Promise<ExportOutcome> {
    this.sent.push(message)
    const { promise, resolve } = Promise.withResolvers<ExportOutcome>()
    this.#settle = resolve
    return promise
  }

  async settle(outcome: ExportOutcome): Promise<void> {
    const settle = this.#settle
    assert.ok(settle, 'nothing is being sent')
    this.#settle = null
    settle(outcome)
    await new Promise(setImmediate)
  }

  close(): void {
    this.isClosed = true
  }
}

const TAKEN: ExportOutcome = { kind: 'taken', rejected: 0 }
const AGAIN: ExportOutcome = { kind: 'again', reason: 'connect ECONNREFUSED' }

function start(settings: Partial<SpanExporterOptions['settings']> = {}) {
  const collector = new ScriptedCollector()
  const problems: string[] = []
  const exporter = createSpanExporter({
    settings: { scheduleDelayMs: 5000, maxBatchSize: 2, maxQueueSize: 4, ...settings },
    collector,
    resource: {},
    onProblem: (reason) => problems.push(reason),
  })
  const add = (...names: readonly string[]): void => names.forEach((name) => exporter.add(Buffer.from(`<${name}>`)))
  const namesIn = (index: number): readonly string[] =>
    (collector.sent[index]?.toString('latin1').match(/<\w+>/g) ?? []).map((name) => name.slice(1, -1))
  return { collector, exporter, problems, add, namesIn }
}

test('a span waits for the delay, a full batch does not', async (context) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  context.after(() => mock.timers.reset())
  const { collector, add, namesIn, exporter } = start()
  add('a')
  mock.timers.tick(4999)
  assert.equal(collector.sent.length, 0)
  mock.timers.tick(1)
  assert.deepEqual(namesIn(0), ['a'])
  await collector.settle(TAKEN)
  add('b', 'c')
  mock.timers.tick(1)
  assert.deepEqual(namesIn(1), ['b', 'c'])
  await collector.settle(TAKEN)
  assert.deepEqual(exporter.counts(), { exported: 3, dropped: 0 })
})

test('spans without room are dropped and counted', async (context) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  context.after(() => mock.timers.reset())
  const { collector, add, namesIn, exporter } = start()
  add('a', 'b', 'c', 'd', 'e', 'f')
  assert.deepEqual(exporter.counts(), { exported: 0, dropped: 2 })
  mock.timers.tick(1)
  await collector.settle(TAKEN)
  mock.timers.tick(1)
  assert.deepEqual(
    [namesIn(0), namesIn(1)],
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  )
})

test('a collector that is away is told of once, its spans are kept in order and the pauses grow', async (context) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  context.after(() => mock.timers.reset())
  const { collector, add, namesIn, problems, exporter } = start()
  add('a', 'b')
  mock.timers.tick(1)
  add('c', 'd', 'e')
  await collector.settle(AGAIN)
  // Two that come back and three that came meanwhile: one too many.
  assert.deepEqual(exporter.counts(), { exported: 0, dropped: 1 })
  mock.timers.tick(999)
  assert.equal(collector.sent.length, 1)
  mock.timers.tick(1)
  assert.deepEqual(namesIn(1), ['a', 'b'])
  await collector.settle(AGAIN)
  mock.timers.tick(1999)
  assert.equal(collector.sent.length, 2)
  mock.timers.tick(1)
  assert.deepEqual(problems, ['connect ECONNREFUSED'])
  await collector.settle(TAKEN)
  mock.timers.tick(1)
  assert.deepEqual(namesIn(3), ['c', 'd'])
  await collector.settle({ kind: 'refused', reason: 'gRPC status 3' })
  assert.deepEqual(problems, ['connect ECONNREFUSED', 'gRPC status 3'])
  assert.deepEqual(exporter.counts(), { exported: 2, dropped: 3 })
})

test('spans that the collector rejects are counted as dropped', async (context) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  context.after(() => mock.timers.reset())
  const { collector, add, exporter } = start()
  add('a', 'b')
  mock.timers.tick(1)
  await collector.settle({ kind: 'taken', rejected: 1 })
  assert.deepEqual(exporter.counts(), { exported: 1, dropped: 1 })
})

test('closing sends what is there', async () => {
  const { collector, add, namesIn, exporter } = start({ maxQueueSize: 10 })
  add('a', 'b', 'c')
  const closed = exporter.close(5000)
  await collector.settle(TAKEN)
  await collector.settle(TAKEN)
  await closed
  assert.deepEqual([...namesIn(0), ...namesIn(1)], ['a', 'b', 'c'])
  assert.ok(collector.isClosed)
  assert.deepEqual(exporter.counts(), { exported: 3, dropped: 0 })
  add('late')
  assert.deepEqual(exporter.counts(), { exported: 3, dropped: 1 })
})

test('closing does not wait for a collector that is away or says nothing', async () => {
  const failing = start()
  failing.add('a')
  const closed = failing.exporter.close(60_000)
  await failing.collector.settle(AGAIN)
  await closed
  assert.deepEqual(failing.exporter.counts(), { exported: 0, dropped: 1 })
  const silent = start()
  silent.add('a')
  await silent.exporter.close(20)
  assert.ok(silent.collector.isClosed)
})
