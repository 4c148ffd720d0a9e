import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Command } from 'commander'
import { DEFAULT_METRICS, type MetricsOptions } from '../../proxy/metrics/metrics-options.ts'
import { CONTROLLER_FLAGS } from '../../dialects/nginx/flags/flag-table.ts'
import { addMetricsFlags, type MetricsFlags, toMetricsOptions } from './metrics-flags.ts'

function read(...args: readonly string[]): MetricsOptions {
  const command = addMetricsFlags(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
  return toMetricsOptions(command.parse(args, { from: 'user' }).opts<MetricsFlags>())
}

test('without flags request metrics are those of ingress-nginx', () => {
  assert.deepEqual(read(), DEFAULT_METRICS)
})

test('the defaults are those of the controller’s flags', () => {
  assert.deepEqual(DEFAULT_METRICS.timeBuckets, CONTROLLER_FLAGS['time-buckets'].initial)
  assert.deepEqual(DEFAULT_METRICS.lengthBuckets, CONTROLLER_FLAGS['length-buckets'].initial)
  assert.deepEqual(DEFAULT_METRICS.sizeBuckets, CONTROLLER_FLAGS['size-buckets'].initial)
})

test('flags are read as the controller reads them', () => {
  assert.deepEqual(
    read(
      '--metrics-per-host=false',
      '--metrics-per-undefined-host',
      '--report-status-classes=T',
      '--exclude-socket-metrics=nginx_ingress_controller_request_size,bytes_sent',
      '--time-buckets=0.5, 1,2',
      '--length-buckets=100',
      '--size-buckets=10,20',
      '--bucket-factor=1.1',
      '--max-buckets=50',
    ),
    {
      isPerHost: false,
      countsUndefinedHosts: true,
      reportsStatusClasses: true,
      excluded: ['request_size', 'bytes_sent'],
      timeBuckets: [0.5, 1, 2],
      lengthBuckets: [100],
      sizeBuckets: [10, 20],
    },
  )
})

test('values that cannot be read end the command with what would be accepted', () => {
  assert.throws(() => read('--metrics-per-host=maybe'), /Give true or false/)
  assert.throws(
    () => read('--exclude-socket-metrics=latency'),
    /There is no latency\. Give some of requests, request_dur/,
  )
  for (const bad of ['', 'a', '1,,2', '2,1', '1,1', '-1', '1e3', Array.from({ length: 101 }, (_, i) => i).join(',')]) {
    assert.throws(() => read(`--time-buckets=${bad}`), /ascending numbers/, bad)
  }
})
