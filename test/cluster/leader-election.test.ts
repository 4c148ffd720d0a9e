/** Leader election against a real API server. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { LeaderElection } from '../../src/sources/cluster/leader-election.ts'
import { openCluster } from '../../src/sources/cluster/open-cluster.ts'
import type { ApiTransport } from '../../src/sources/cluster/api-transport.ts'
import { Turnstile } from './parts/settle.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

/** A Lease that is not given up is free after three quarters of it at the earliest. */
const TTL_MS = 8000
/** Two seconds are promised; the rest is for a busy machine. */
const HANDOVER_MS = 5000

suite('leader election', () => {
  let cluster: TestCluster
  let transport: ApiTransport
  const changes = new Turnstile()
  const history: string[] = []
  const candidate = (identity: string): LeaderElection =>
    new LeaderElection({
      transport,
      namespace: 'default',
      name: 'genkan-test',
      identity,
      ttlMs: TTL_MS,
      onChange: (isLeader) => {
        history.push(`${identity} ${isLeader ? 'leads' : 'follows'}`)
        changes.poke()
      },
      onProblem: (message) => history.push(message),
    })
  before(async () => {
    cluster = await startTestCluster()
    transport = await openCluster({ kubeconfig: cluster.kubeconfig, context: '' })
  })
  after(async () => {
    transport?.close()
    await cluster?.stop()
  })

  test('one of two leads, and when it gives up the other leads within two seconds', async () => {
    const first = candidate('first')
    first.start()
    await changes.until(() => first.isLeader, 'first leads')
    const second = candidate('second')
    second.start()
    // The first renews meanwhile: the second must not take what is held.
    await new Promise((resolve) => setTimeout(resolve, TTL_MS * 1.2))
    assert.equal(first.isLeader, true)
    assert.equal(second.isLeader, false)
    const gaveUpMs = performance.now()
    await first.stop()
    await changes.until(() => second.isLeader, 'second leads')
    assert.ok(performance.now() - gaveUpMs < HANDOVER_MS, `${performance.now() - gaveUpMs} ms`)
    assert.deepEqual(history, ['first leads', 'first follows', 'second leads'])
    await second.stop()
  })

  test('a Lease that is deleted under its leader is made again by one of them', async () => {
    history.length = 0
    const one = candidate('one')
    one.start()
    await changes.until(() => one.isLeader, 'one leads')
    await cluster.kubectl('delete', 'lease', 'genkan-test')
    await new Promise((resolve) => setTimeout(resolve, TTL_MS))
    assert.equal(one.isLeader, true)
    await one.stop()
    assert.match(
      await cluster.kubectl('get', 'lease', 'genkan-test', '-o', 'jsonpath={.spec.leaseDurationSeconds}'),
      /^1$/,
    )
  })
})
