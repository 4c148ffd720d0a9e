import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { EventEmitter, once } from 'node:events'
import test, { type TestContext } from 'node:test'
import { Secret } from '../../base/secret.ts'
import { FAST_TIMING, type HeartbeatView } from './heartbeat-model.ts'
import { createHeartbeats, type Heartbeats } from './heartbeats.ts'

const DEADLINE_MS = 20_000
/** Bounds are for a busy machine; what is promised is tested on a virtual clock. */
const TIMING = { ...FAST_TIMING, intervalMs: 100, deadMs: 2000, settleMs: 300 }

interface Speaker {
  readonly heartbeats: Heartbeats
  until(members: string): Promise<void>
  told(problem: RegExp): Promise<void>
  readonly departures: string[]
  readonly views: HeartbeatView[]
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}

function speak(context: TestContext, name: string, port: number, key = 'key'): Speaker {
  const events = new EventEmitter()
  const departures: string[] = []
  const views: HeartbeatView[] = []
  const problems: string[] = []
  let latest: HeartbeatView = { members: [], hasListened: false }
  const addressOf = (each: string): string => ({ a: '127.0.0.1', b: '127.0.0.2', c: '127.0.0.3' })[each] ?? ''
  const heartbeats = createHeartbeats({
    name,
    addresses: [addressOf(name)],
    port,
    key: new Secret(Buffer.from(key)),
    timing: TIMING,
    onView(view) {
      latest = view
      views.push(view)
      events.emit('view')
    },
    onDeparture: (departure) => departures.push(`${departure.name} ${departure.how}`),
    onHeardAgain: () => {},
    onReunion: () => {},
    onProblem(message) {
      problems.push(message)
      events.emit('problem')
    },
    onFailed: (message) => events.emit('error', new Error(message)),
  })
  const peers = ['a', 'b']
    .filter((other) => other !== name)
    .map((other) => ({ name: other, addresses: [addressOf(other)] }))
  heartbeats.setPeers(peers)
  context.after(() => heartbeats.close())
  return {
    heartbeats,
    departures,
    views,
    async told(problem) {
      const signal = AbortSignal.timeout(DEADLINE_MS)
      while (!problems.some((message) => problem.test(message))) await once(events, 'problem', { signal })
    },
    async until(members) {
      const signal = AbortSignal.timeout(DEADLINE_MS)
      const names = (): string =>
        latest.members.map((each) => (each.isSettled ? each.name : `(${each.name})`)).join(' ')
      while (names() !== members) await once(events, 'view', { signal })
    },
  }
}

test('two speakers see each other over sockets, and one that leaves is gone at once', async (context) => {
  const port = await freePort()
  const a = speak(context, 'a', port)
  const b = speak(context, 'b', port)
  await Promise.all([a.until('a b'), b.until('a b')])
  b.heartbeats.setInterfaces([{ name: 'eth0', mac: '02:00:00:00:00:01', prefixes: ['192.0.2.1/24'] }])
  await b.heartbeats.leave()
  await a.until('a')
  assert.deepEqual(a.departures, ['b left'])
  const { counters, peers } = await a.heartbeats.stats()
  assert.ok(counters.received > 3)
  assert.deepEqual(
    peers.map(({ name, isLive }) => ({ name, isLive })),
    [{ name: 'b', isLive: false }],
  )
})

test('a main thread that is busy for long is no death', async (context) => {
  const port = await freePort()
  const a = speak(context, 'a', port)
  const b = speak(context, 'b', port)
  await Promise.all([a.until('a b'), b.until('a b')])
  const untilMs = performance.now() + 2 * TIMING.deadMs
  while (performance.now() < untilMs);
  await b.heartbeats.leave()
  await a.until('a')
  assert.deepEqual(a.departures, ['b left'])
})

test('a speaker with another key is heard by nobody, counted, and told by its name', async (context) => {
  const port = await freePort()
  const a = speak(context, 'a', port)
  const b = speak(context, 'b', port, 'another key')
  await Promise.all([a.until('a'), b.until('b'), a.told(/127\.0\.0\.2, node b, that are not made with the key/)])
  const { counters } = await a.heartbeats.stats()
  assert.ok(counters.forged > 0)
})

test('a second speaker on a node takes no part until the first is gone', async (context) => {
  const port = await freePort()
  const first = speak(context, 'a', port)
  const b = speak(context, 'b', port)
  await Promise.all([first.until('a b'), b.until('a b')])
  const second = speak(context, 'a', port)
  await second.told(/Cannot listen for heartbeats on 127\.0\.0\.1/)
  await first.heartbeats.leave()
  await first.heartbeats.close()
  await second.until('a b')
  for (const { members, hasListened } of second.views) assert.ok(!hasListened || members.length === 2)
})
