import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseExposition } from '../../../test/support/exposition-parser.ts'
import { createProcessMetrics } from './process-metrics.ts'
import { readProcessFacts } from './proc-files.ts'

const CONST = { controller_class: 'c', controller_namespace: 'n', controller_pod: 'p' }
const CONNECTIONS = { active: 5, reading: 1, writing: 2, waiting: 2, accepted: 9, handled: 8, requests: 70 }

function collect(pids: readonly number[] = [process.pid]): ReturnType<typeof parseExposition> {
  const metrics = createProcessMetrics({
    constLabels: CONST,
    pids: () => pids,
    connections: () => CONNECTIONS,
    droppedLogLines: () => 3,
    mirrors: () => ({ sent: 7, dropped: 2 }),
  })
  const text = metrics.collect()
  metrics.close()
  return parseExposition(text)
}

test('connections are given by state under the names of ingress-nginx', () => {
  const families = collect()
  const states = (name: string): unknown =>
    families.get(`nginx_ingress_controller_nginx_process_${name}`)?.samples.map((s) => [s.labels['state'], s.value])
  assert.deepEqual(states('connections'), [
    ['active', 5],
    ['reading', 1],
    ['writing', 2],
    ['waiting', 2],
  ])
  assert.deepEqual(states('connections_total'), [
    ['accepted', 9],
    ['handled', 8],
  ])
  assert.deepEqual(states('requests_total'), [[undefined, 70]])
})

test('the process is measured in seconds and bytes', () => {
  const families = collect()
  const value = (name: string): number =>
    families.get(`nginx_ingress_controller_nginx_process_${name}`)?.samples[0]?.value ?? Number.NaN
  const now = Date.now() / 1000
  assert.equal(value('num_procs'), 1)
  assert.ok(value('cpu_seconds_total') > 0 && value('cpu_seconds_total') < 60)
  const resident = process.memoryUsage.rss()
  assert.ok(value('resident_memory_bytes') > resident / 2 && value('resident_memory_bytes') < resident * 2)
  assert.ok(value('oldest_start_time_seconds') > now - 120 && value('oldest_start_time_seconds') <= now + 2)
  assert.ok(value('read_bytes_total') >= 0)
})

test('a process that is gone does not count, and this one speaks when none is left', () => {
  const gone = 0x7f_ff_ff_ff
  assert.equal(readProcessFacts(gone), null)
  const families = collect([gone])
  assert.equal(families.get('nginx_ingress_controller_nginx_process_num_procs')?.samples[0]?.value, 1)
})

test('the runtime and dropped log lines are given under our own names', () => {
  const families = collect()
  assert.equal(families.get('genkan_access_log_dropped_total')?.samples[0]?.value, 3)
  assert.deepEqual(
    families.get('genkan_event_loop_delay_seconds')?.samples.map((sample) => sample.labels['quantile']),
    ['0.5', '0.9', '0.99', '1'],
  )
  assert.ok((families.get('genkan_heap_used_bytes')?.samples[0]?.value ?? 0) > 1_000_000)
})

test('copies of mirrored requests are counted', () => {
  const families = collect()
  assert.equal(families.get('genkan_mirror_requests_total')?.samples[0]?.value, 7)
  assert.equal(families.get('genkan_mirror_dropped_total')?.samples[0]?.value, 2)
})
