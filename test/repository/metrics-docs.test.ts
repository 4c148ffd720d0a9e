import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type ControllerFacts, formatControllerMetrics } from '../../src/admin/controller-metrics.ts'
import type { Plan } from '../../src/aws/deploy/operation.ts'
import { createAwsAdmin } from '../../src/controller/aws/aws-admin.ts'
import { AwsState } from '../../src/controller/aws/aws-state.ts'
import { createProcessMetrics } from '../../src/proxy/metrics/process-metrics.ts'
import { createRequestMetrics } from '../../src/proxy/metrics/request-metrics.ts'
import { RequestRecord } from '../../src/proxy/request-record.ts'
import { compileRoutes } from '../../src/routing/compile.ts'
import { fixtureModel } from '../../src/proxy/testing/proxy-fixture.ts'
import { parseExposition } from '../support/exposition-parser.ts'

const FACTS: ControllerFacts = {
  applied: 1,
  failed: 0,
  configHash: 1,
  isLastApplySuccessful: true,
  lastSuccessMs: 1,
  orphans: [{ namespace: 'n', ingress: 'i', type: 'no-service' }],
  certificates: [
    {
      host: 'h',
      namespace: 'n',
      secretName: 's',
      identifier: 'x',
      issuerOrganization: '',
      issuerCommonName: '',
      serialNumber: '1',
      publicKeyAlgorithm: 'RSA',
      notAfterMs: 1,
    },
  ],
  checks: [{ namespace: 'n', ingress: 'i', successes: 1, errors: 1 }],
  build: { release: '', build: '', repository: '' },
  leadership: { lease: 'l', isLeader: true },
  cluster: { staleSeconds: 0, forbidden: ['Secret'] },
}

/** Name and type of all families. */
function exposed(): ReadonlyMap<string, string> {
  const requests = createRequestMetrics({ constLabels: {} })
  const record = new RequestRecord()
  const route = compileRoutes(fixtureModel({ upstreams: [] }).routes, () => null).anyHost?.routes[0] ?? null
  requests.observe(
    Object.assign(record, { route, status: 200, upstreamConnectMs: 1, upstreamHeaderMs: 1, upstreamResponseMs: 1 }),
  )
  const connections = { active: 0, reading: 0, writing: 0, waiting: 0, accepted: 0, handled: 0, requests: 0 }
  const processes = createProcessMetrics({
    constLabels: {},
    connections: () => connections,
    droppedLogLines: () => 0,
  })
  const text = [...requests.collect(), processes.collect(), formatControllerMetrics(FACTS, {})].join('')
  processes.close()
  return new Map([...parseExposition(text + awsText())].map(([name, { type }]) => [name, type]))
}

const PLAN: Plan = {
  operations: [
    {
      id: 'create ListenerRule/80:1',
      stack: 'ingress:n/i',
      resource: 'ListenerRule/80:1',
      verb: 'create',
      action: 'elbv2:CreateRule',
      input: {},
      after: [],
      summary: '',
      origins: [],
    },
  ],
  held: [],
  identifiers: new Map(),
  remarks: [],
}

/** What `genkan serve --provider aws` exposes. */
function awsText(): string {
  const state = new AwsState()
  state.recordCall('elbv2:CreateRule', '', 1)
  state.recordPass({ isSettled: true, identifiers: new Map(), plan: PLAN }, 1, 1, 1)
  const admin = createAwsAdmin({
    state,
    leadership: () => ({ lease: 'l', leader: 'l', isLeader: true }),
    staleSinceMs: () => null,
    forbidden: () => [],
  })
  return [...admin.metrics()].join('')
}

test('docs/metrics.md lists every metric with its type, and no other', () => {
  const docs = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8')
  const documented = new Map(
    [...docs.matchAll(/^\| `(\w+)` \| (counter|gauge|histogram) \|/gm)].map((match) => [
      match[1] ?? '',
      match[2] ?? '',
    ]),
  )
  assert.deepEqual(Object.fromEntries(documented), Object.fromEntries(exposed()))
})
