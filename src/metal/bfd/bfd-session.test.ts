import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { BfdEvent, BfdSessionSettings } from './bfd-model.ts'
import { createBfdSession, type BfdSession } from './bfd-session.ts'
import { hopFilter } from './bfd-sockets.ts'
import { decodeBfd, type BfdPacket } from './packet.ts'

const SETTINGS: BfdSessionSettings = {
  key: 'p',
  address: '192.0.2.1',
  sourceAddress: '',
  isMultiHop: false,
  receiveMs: 300,
  transmitMs: 300,
  detectMultiplier: 3,
  isPassive: false,
  minimumTtl: 254,
}

const PEER: BfdPacket = {
  diagnostic: 0,
  state: 'Down',
  isPoll: false,
  isFinal: false,
  isDemand: false,
  detectMultiplier: 5,
  myDiscriminator: 77,
  yourDiscriminator: 0,
  desiredTxUs: 100_000,
  requiredRxUs: 400_000,
  requiredEchoUs: 0,
}

interface Made {
  readonly session: BfdSession
  readonly sent: BfdPacket[]
  readonly events: BfdEvent[]
  readonly hear: (changes: Partial<BfdPacket>) => void
}

function make(context: TestContext, changes: Partial<BfdSessionSettings> = {}): Made {
  // `setImmediate` too: it stands between the timer and the end of a session.
  context.mock.timers.enable({ apis: ['setTimeout', 'setImmediate'] })
  const sent: BfdPacket[] = []
  const events: BfdEvent[] = []
  const session = createBfdSession({ ...SETTINGS, ...changes }, 9, {
    send(bytes) {
      const packet = decodeBfd(bytes)
      assert.ok(packet)
      sent.push(packet)
    },
    onEvent: (event) => events.push(event),
    random: () => 1,
  })
  context.after(() => session.stop())
  return { session, sent, events, hear: (said) => session.receive({ ...PEER, ...said }) }
}

test('two sides come up by Down, Init and Up, with a poll for the fast interval', (context) => {
  const { session, sent, events, hear } = make(context)
  session.start()
  assert.deepEqual([sent[0]?.state, sent[0]?.desiredTxUs, sent[0]?.yourDiscriminator], ['Down', 1_000_000, 0])
  hear({ state: 'Down' })
  assert.deepEqual([sent.at(-1)?.state, sent.at(-1)?.yourDiscriminator], ['Init', 77])
  hear({ state: 'Up', yourDiscriminator: 9 })
  assert.deepEqual([sent.at(-1)?.state, sent.at(-1)?.isPoll, sent.at(-1)?.desiredTxUs], ['Up', true, 300_000])
  hear({ state: 'Up', yourDiscriminator: 9, isFinal: true })
  context.mock.timers.tick(400)
  assert.equal(sent.at(-1)?.isPoll, false)
  assert.deepEqual(
    events.map(({ to }) => to),
    ['Init', 'Up'],
  )
  // The slower of what either side wants, and the peer's multiplier.
  assert.deepEqual([session.status().transmitMs, session.status().detectMs], [400, 1500])
})

test('a poll is answered at once', (context) => {
  const { session, sent, hear } = make(context)
  session.start()
  hear({ state: 'Init', isPoll: true })
  assert.deepEqual([sent.at(-1)?.isFinal, sent.at(-1)?.isPoll, sent.at(-1)?.state], [true, false, 'Up'])
})

test('silence for the detection time ends a session, and the peer is told', (context) => {
  const { session, sent, events, hear } = make(context)
  session.start()
  hear({ state: 'Init' })
  for (let round = 0; round < 20; round++) {
    context.mock.timers.tick(1000)
    hear({ state: 'Up', yourDiscriminator: 9 })
  }
  assert.equal(session.status().state, 'Up')
  context.mock.timers.tick(1499)
  assert.equal(session.status().state, 'Up')
  context.mock.timers.tick(2)
  assert.equal(session.status().state, 'Down')
  assert.deepEqual([events.at(-1)?.diagnostic, events.at(-1)?.isAdministrative], [1, false])
  assert.deepEqual([sent.at(-1)?.state, sent.at(-1)?.diagnostic, sent.at(-1)?.yourDiscriminator], ['Down', 1, 0])
})

test('what the peer says about its state ends a session: Down is a failure, AdminDown is not', (context) => {
  const { session, events, hear } = make(context)
  session.start()
  hear({ state: 'Init' })
  hear({ state: 'Down', yourDiscriminator: 9, diagnostic: 1 })
  assert.deepEqual([events.at(-1)?.to, events.at(-1)?.isAdministrative, events.at(-1)?.diagnostic], ['Down', false, 3])
  hear({ state: 'Init', yourDiscriminator: 9 })
  assert.equal(session.status().state, 'Up')
  hear({ state: 'AdminDown', yourDiscriminator: 9 })
  assert.deepEqual([events.at(-1)?.to, events.at(-1)?.isAdministrative], ['Down', true])
  assert.deepEqual([session.status().ups, session.status().downs], [2, 2])
})

test('a passive side is silent until it is spoken to', (context) => {
  const { session, sent, hear } = make(context, { isPassive: true })
  session.start()
  context.mock.timers.tick(10_000)
  assert.equal(sent.length, 0)
  hear({ state: 'Down' })
  assert.equal(sent.at(-1)?.state, 'Init')
})

test('a peer that wants no packets gets none but answers', (context) => {
  const { session, sent, hear } = make(context)
  session.start()
  hear({ state: 'Init', requiredRxUs: 0 })
  const before = sent.length
  context.mock.timers.tick(1000)
  assert.equal(sent.length, before)
})

test('an end on purpose is said, and nothing after it counts', (context) => {
  const { session, sent, events, hear } = make(context)
  session.start()
  hear({ state: 'Init' })
  session.endOnPurpose()
  assert.deepEqual([sent.at(-1)?.state, sent.at(-1)?.diagnostic], ['AdminDown', 7])
  const before = events.length
  hear({ state: 'Down' })
  assert.equal(events.length, before)
})

test('the filter of hop limits is that of the kernel: load, compare, keep or drop', () => {
  assert.equal(hopFilter(4, 255).toString('hex'), '300000000800f0ff35000001ff00000006000000ffff00000600000000000000')
  assert.equal(hopFilter(6, 254).toString('hex'), '300000000700f0ff35000001fe00000006000000ffff00000600000000000000')
})
