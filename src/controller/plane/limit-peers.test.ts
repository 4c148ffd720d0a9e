import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { LimitZones } from '../../proxy/filters/limit-zones.ts'
import { createRateGate } from '../../proxy/filters/limit-rate.ts'
import { RateZone } from '../../proxy/filters/rate-zone.ts'
import type { Gate, GateRequest, GateVerdict } from '../../routing/gate.ts'
import { gateRequest } from '../../routing/testing/gate-request.ts'
import type { ConnectionLimitConfig, RateLimitConfig } from '../../routing/gate-config.ts'
import { LimitPeers } from './limit-peers.ts'

const RATE: RateLimitConfig = {
  kind: 'limit-rate',
  zone: 'shop/web',
  limits: [{ requests: 1, perSeconds: 60, burst: 5 }],
  exempt: [],
  status: 503,
}
const EIGHT: ConnectionLimitConfig = { kind: 'limit-connections', zone: 'shop/web', max: 8, exempt: [], status: 503 }

interface Worker {
  readonly peers: LimitPeers
  readonly zones: LimitZones
}

async function startWorkers(context: TestContext, count: number) {
  const folder = mkdtempSync(join(tmpdir(), 'genkan-'))
  const workers: Worker[] = []
  const start = async (slot: number): Promise<void> => {
    const zones: LimitZones = new LimitZones((zone, client) => peers.ownerOf(zone, client))
    const peers = await LimitPeers.open({ folder, slot, workers: count }, () => zones)
    workers[slot] = { peers, zones }
  }
  for (let slot = 0; slot < count; slot++) await start(slot)
  context.after(() => {
    for (const { peers } of workers) peers.close()
    rmSync(folder, { recursive: true })
  })
  const ownerOf = (client: string): number =>
    workers.findIndex(({ peers }) => peers.ownerOf('shop/web', client) === null)
  return { workers, start, ownerOf }
}

const requestOf = (clientAddress: string): GateRequest => gateRequest({ clientAddress })
/** Some gates answer at once, others later. */
const ask = async (gate: Gate | undefined, request: GateRequest): Promise<GateVerdict> => {
  assert.ok(gate !== undefined)
  return gate.check(request)
}
const passed = (verdicts: readonly GateVerdict[]): number => verdicts.filter(({ kind }) => kind === 'pass').length
const CLIENTS = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '2001:db8::1']

for (const count of [2, 4]) {
  test(`of 20 requests at once over ${count} workers, 8 run; as many come in as go`, async (context) => {
    const { workers } = await startWorkers(context, count)
    const gates = workers.map(({ zones }) => zones.create(EIGHT))
    for (const client of CLIENTS) {
      const requests = Array.from({ length: 20 }, () => requestOf(client))
      const gateOf = (index: number): Gate => gates[index % count]!
      const verdicts = await Promise.all(requests.map((request, index) => ask(gateOf(index), request)))
      assert.equal(passed(verdicts), 8, client)
      const running = [...requests.keys()].filter((index) => verdicts[index]?.kind === 'pass')
      for (const index of running.slice(0, 3)) gateOf(index).release?.(requests[index]!)
      // A release is not waited for: it is there before what is asked next on the same way.
      const [first] = running
      const more = Array.from({ length: 5 }, () => requestOf(client))
      const again: GateVerdict[] = []
      for (const request of more) again.push(await ask(gateOf(first!), request))
      assert.ok(passed(again) <= 3 && passed(again) >= 1, `${client}: ${passed(again)} of 3 places were taken again`)
    }
  })

  test(`over ${count} workers a rate with burst 5 lets 6 requests pass, whoever they reach`, async (context) => {
    const { workers } = await startWorkers(context, count)
    const gates = workers.map(({ zones }) => zones.create(RATE))
    for (const client of CLIENTS) {
      const verdicts = await Promise.all(
        Array.from({ length: 20 }, (_, index) => ask(gates[index % count], requestOf(client))),
      )
      assert.equal(passed(verdicts), 6, client)
    }
  })
}

test('every worker counts some clients, and each client has one', async (context) => {
  const { workers, ownerOf } = await startWorkers(context, 4)
  const owners = Array.from({ length: 200 }, (_, index) => ownerOf(`192.0.2.${index}`))
  for (const slot of workers.keys()) {
    const own = owners.filter((owner) => owner === slot).length
    assert.ok(own > 25 && own < 90, `worker ${slot} counts ${own} of 200`)
  }
})

test('when the owner is gone each worker counts for itself; its successor learns what runs', async (context) => {
  const { workers, start, ownerOf } = await startWorkers(context, 2)
  const client = CLIENTS.find((one) => ownerOf(one) === 1) ?? ''
  const gate = workers[0]!.zones.create(EIGHT)
  const held = Array.from({ length: 6 }, () => requestOf(client))
  assert.equal(passed(await Promise.all(held.map((request) => ask(gate, request)))), 6)

  workers[1]!.peers.close()
  const stray = requestOf(client)
  assert.equal((await ask(gate, stray)).kind, 'pass')
  gate.release?.(stray)

  await start(1)
  const until = performance.now() + 30_000
  // The link is tried again after a short pause; then the new owner counts our 6 and has room for 2.
  let verdicts: GateVerdict[] = []
  const others = Array.from({ length: 4 }, () => requestOf(client))
  do {
    for (const [index, request] of others.entries()) if (verdicts[index]?.kind === 'pass') gate.release?.(request)
    verdicts = await Promise.all(others.map((request) => ask(gate, request)))
  } while (passed(verdicts) !== 2 && performance.now() < until)
  assert.equal(passed(verdicts), 2)
})

test('a worker that dies gives back what it held', async (context) => {
  const { workers, ownerOf } = await startWorkers(context, 2)
  const client = CLIENTS.find((one) => ownerOf(one) === 1) ?? ''
  const asker = workers[0]!.zones.create(EIGHT)
  const owner = workers[1]!.zones.create(EIGHT)
  const held = Array.from({ length: 8 }, () => requestOf(client))
  assert.equal(passed(await Promise.all(held.map((request) => ask(asker, request)))), 8)
  assert.equal((await ask(owner, requestOf(client))).kind, 'refuse')
  workers[0]!.peers.close()
  const until = performance.now() + 30_000
  let verdict: GateVerdict
  do {
    await new Promise(setImmediate)
    verdict = await ask(owner, requestOf(client))
  } while (verdict.kind === 'refuse' && performance.now() < until)
  assert.equal(verdict.kind, 'pass')
})

test('a limit that nobody shares answers at once, without a promise', () => {
  const verdict = createRateGate(RATE, [new RateZone()], () => 0).check(requestOf('192.0.2.1'))
  assert.ok(!(verdict instanceof Promise))
})
