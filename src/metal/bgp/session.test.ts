import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import type { BgpRoute } from '../announcement.ts'
import type { BgpPeer } from '../model.ts'
import { createFramer } from './framing.ts'
import { TYPE_KEEPALIVE, TYPE_NOTIFICATION, TYPE_OPEN, TYPE_UPDATE, encodeKeepalive, toMessage } from './message.ts'
import { decodeNotification } from './notification.ts'
import { encodeOpen, type Open } from './open.ts'
import { formatPrefix } from './prefix.ts'
import { createBgpSession, type BgpSession } from './session.ts'
import { decodeUpdate } from './update-decoding.ts'

const PEER: BgpPeer = {
  name: 'p',
  myAsn: 64500,
  peerAsn: 64501,
  address: '127.0.0.1',
  port: 0,
  sourceAddress: '',
  holdSeconds: 90,
  keepaliveSeconds: 30,
  connectSeconds: 1,
  routerId: '192.0.2.1',
  nodes: [],
  bfdProfile: '',
  hasGracefulRestart: false,
  isMultiHop: true,
  isDualStack: false,
  isPassive: false,
  password: { kind: 'none' },
  origin: { object: 'BGPPeer a/p', path: '' },
}

const OPEN: Open = {
  asn: 64501,
  holdSeconds: 90,
  routerId: '192.0.2.2',
  capabilities: {
    families: [4, 6],
    hasRouteRefresh: true,
    hasExtendedNextHop: false,
    gracefulRestart: null,
    asn: 64501,
  },
}

interface FakePeer {
  readonly port: number
  /** Messages of the latest connection. */
  readonly received: [number, Uint8Array][]
  readonly socket: () => Socket
  readonly hears: (type: number) => Promise<Uint8Array>
  readonly close: () => void
}

/** @param answer what is said on each connection at once */
async function startFakePeer(answer: readonly Uint8Array[]): Promise<FakePeer> {
  const received: [number, Uint8Array][] = []
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    const framer = createFramer({
      onMessage: (type, body) => {
        received.push([type, body.slice()])
        server.emit('message')
      },
      onFault: (fault) => assert.fail(fault.text),
      isDone: () => false,
    })
    socket.on('data', (chunk) => framer.push(chunk))
    socket.on('error', () => {})
    for (const message of answer) socket.write(message)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    received,
    socket: () => sockets.at(-1) as Socket,
    async hears(type) {
      for (;;) {
        const found = received.find(([each]) => each === type)
        if (found !== undefined) return found[1]
        await once(server, 'message')
      }
    },
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

function toRoute(prefix: string): BgpRoute {
  return { prefix, localPref: 0, communities: [], peers: [], services: [] }
}

async function withSession(
  answer: readonly Uint8Array[],
  use: (peer: FakePeer, session: BgpSession, reaches: (state: string) => Promise<void>) => Promise<void>,
  changes: Partial<BgpPeer> = {},
): Promise<void> {
  const peer = await startFakePeer(answer)
  const waiting: (() => void)[] = []
  const session = createBgpSession(
    { ...PEER, port: peer.port, ...changes },
    {
      password: null,
      nodeName: 'n',
      shutdownText: 'bye',
      onTransition: () => {
        for (const wake of waiting.splice(0)) wake()
      },
    },
  )
  const reaches = async (state: string): Promise<void> => {
    while (session.status().state !== state) await new Promise<void>((resolve) => waiting.push(resolve))
  }
  try {
    session.start()
    await use(peer, session, reaches)
  } finally {
    await session.close()
    peer.close()
  }
}

test('routes go out when the session is there, differences at once, and the end is said', async () => {
  await withSession([encodeOpen(OPEN), encodeKeepalive()], async (peer, session, reaches) => {
    session.setRoutes([toRoute('192.0.2.1/32'), toRoute('2001:db8::1/128'), toRoute('nonsense')])
    await reaches('established')
    const read = (body: Uint8Array): string[][] => {
      const update = decodeUpdate(body, { hasAs4: true, isInternal: false })
      assert.ok(update.ok)
      return [update.value.withdrawn.map(formatPrefix), update.value.announced.map(formatPrefix)]
    }
    assert.deepEqual(read(await peer.hears(TYPE_UPDATE)), [[], ['192.0.2.1/32']])
    peer.received.length = 0
    session.setRoutes([toRoute('192.0.2.3/32')])
    assert.deepEqual(read(await peer.hears(TYPE_UPDATE)), [['192.0.2.1/32'], []])
    assert.equal(session.status().announcedPrefixes, 1)
    await session.close()
    const said = decodeNotification(await peer.hears(TYPE_NOTIFICATION))
    assert.deepEqual([said.code, said.subcode, said.text], [6, 2, 'bye'])
  })
})

test('a change of attributes is one announcement and no withdrawal; the same routes again are nothing', async () => {
  await withSession([encodeOpen(OPEN), encodeKeepalive()], async (peer, session, reaches) => {
    session.setRoutes([toRoute('192.0.2.1/32')])
    await reaches('established')
    await peer.hears(TYPE_UPDATE)
    const before = session.status().counters.updatesSent
    session.setRoutes([toRoute('192.0.2.1/32')])
    assert.equal(session.status().counters.updatesSent, before)
    session.setRoutes([{ ...toRoute('192.0.2.1/32'), communities: [{ kind: 'standard', value: 1 }] }])
    assert.equal(session.status().counters.updatesSent, before + 1)
    assert.ok(session.status().counters.messagesSent >= 3)
  })
})

test('how long a change took is counted from that change, whatever was said before it that was none', async (context) => {
  let skippedMs = 0
  const now = performance.now.bind(performance)
  context.mock.method(performance, 'now', () => now() + skippedMs)
  await withSession([encodeOpen(OPEN), encodeKeepalive()], async (peer, session, reaches) => {
    session.setRoutes([toRoute('192.0.2.1/32')])
    await reaches('established')
    await peer.hears(TYPE_UPDATE)
    session.setFamilies([4])
    session.setRoutes([toRoute('192.0.2.1/32')])
    const hourMs = 3_600_000
    skippedMs += hourMs
    peer.received.length = 0
    session.setRoutes([toRoute('192.0.2.3/32')])
    await peer.hears(TYPE_UPDATE)
    const { timeToAnnounceMs } = session.status()
    assert.ok(timeToAnnounceMs !== null && timeToAnnounceMs < hourMs, `${timeToAnnounceMs} ms`)
  })
})

test('what is wrong with the first words is told with its code', async () => {
  const cases: [string, Uint8Array[], number[]][] = [
    ['a wrong AS number', [encodeOpen({ ...OPEN, asn: 1, capabilities: { ...OPEN.capabilities, asn: 1 } })], [2, 2]],
    ['a hold time of two seconds', [encodeOpen({ ...OPEN, holdSeconds: 2 })], [2, 6]],
    ['a router id of zero', [encodeOpen({ ...OPEN, routerId: '0.0.0.0' })], [2, 3]],
    ['a KEEPALIVE before the OPEN', [encodeKeepalive()], [5, 1]],
    ['two OPENs', [encodeOpen(OPEN), encodeOpen(OPEN)], [5, 2]],
    ['an UPDATE before the KEEPALIVE', [encodeOpen(OPEN), toMessage(TYPE_UPDATE, new Uint8Array(4))], [5, 2]],
    ['an OPEN in the session', [encodeOpen(OPEN), encodeKeepalive(), encodeOpen(OPEN)], [5, 3]],
    ['HTTP', [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')], [1, 1]],
    [
      'a broken UPDATE',
      [encodeOpen(OPEN), encodeKeepalive(), toMessage(TYPE_UPDATE, Uint8Array.of(0, 9, 0, 0))],
      [3, 1],
    ],
    ['an unknown type', [Uint8Array.of(...new Uint8Array(16).fill(255), 0, 19, 77)], [1, 3]],
  ]
  for (const [name, answer, [code, subcode]] of cases) {
    await withSession(answer, async (peer) => {
      const said = decodeNotification(await peer.hears(TYPE_NOTIFICATION))
      assert.deepEqual([said.code, said.subcode], [code, subcode], name)
    })
  }
})

test('a peer that goes silent is told that the hold time is over', async () => {
  const answer = [encodeOpen({ ...OPEN, holdSeconds: 3 }), encodeKeepalive()]
  await withSession(answer, async (peer, session, reaches) => {
    await reaches('established')
    assert.equal(session.status().negotiated?.holdSeconds, 3)
    const said = decodeNotification(await peer.hears(TYPE_NOTIFICATION))
    assert.equal(said.code, 4)
    // Meanwhile this side kept its own promise.
    assert.ok(peer.received.filter(([type]) => type === TYPE_KEEPALIVE).length >= 3)
  })
})

test('a refused or lost connection is tried again', async () => {
  await withSession([encodeOpen(OPEN), encodeKeepalive()], async (peer, session, reaches) => {
    await reaches('established')
    peer.socket().destroy()
    await reaches('active')
    assert.notEqual(session.status().lastError, '')
    await reaches('established')
    assert.equal(session.status().counters.establishments, 2)
  })
})

test('an IPv4 peer that names no family gets IPv4; one that names only IPv6 gets none of it', async () => {
  for (const [families, count] of [
    [[], 1],
    [[6 as const], 0],
  ] as const) {
    const open = { ...OPEN, capabilities: { ...OPEN.capabilities, families } }
    await withSession([encodeOpen(open), encodeKeepalive()], async (_, session, reaches) => {
      session.setRoutes([toRoute('192.0.2.1/32')])
      await reaches('established')
      assert.equal(session.status().announcedPrefixes, count)
      assert.equal(session.status().pendingPrefixes, 1 - count)
    })
  }
})

test('of two connections that stays which the greater router id has made', async () => {
  for (const [theirs, staysMine] of [
    ['192.0.2.0', true],
    ['192.0.2.9', false],
  ] as const) {
    // Their OPEN comes on our connection, and no KEEPALIVE: it stays in OpenConfirm.
    await withSession([encodeOpen({ ...OPEN, routerId: theirs })], async (peer, session, reaches) => {
      await reaches('openConfirm')
      const server = createServer((socket) => session.accept(socket)).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const second = connect((server.address() as AddressInfo).port, '127.0.0.1')
      const heard: [number, Uint8Array][] = []
      const framer = createFramer({
        onMessage: (type, body) => heard.push([type, body.slice()]),
        onFault: (fault) => assert.fail(fault.text),
        isDone: () => false,
      })
      second.on('data', (chunk) => framer.push(chunk))
      second.write(encodeOpen({ ...OPEN, routerId: theirs }))
      if (staysMine) {
        await once(second, 'end')
        const [, said = new Uint8Array()] = heard.find(([type]) => type === TYPE_NOTIFICATION) ?? []
        assert.deepEqual([...said], [6, 7])
        peer.socket().write(encodeKeepalive())
      } else {
        assert.deepEqual([...(await peer.hears(TYPE_NOTIFICATION))], [6, 7])
        second.write(encodeKeepalive())
      }
      await reaches('established')
      second.destroy()
      server.close()
    })
  }
})

test('hostile bytes in a session end it or do nothing, and the next one works', async () => {
  const messages = fc.array(
    fc.tuple(fc.constantFrom(TYPE_OPEN, TYPE_UPDATE, TYPE_KEEPALIVE, 5, 99), fc.uint8Array({ maxLength: 80 })),
    { maxLength: 4 },
  )
  const samples = fc.sample(messages, 40)
  for (const sample of samples) {
    const hostile = sample.map(([type, body]) => toMessage(type, body))
    await withSession([encodeOpen(OPEN), encodeKeepalive(), ...hostile], async (peer, session) => {
      session.setRoutes([toRoute('192.0.2.1/32')])
      await peer.hears(TYPE_OPEN)
    })
  }
})

test('changes for a peer that does not read wait, and their sum goes out when it reads again', async () => {
  await withSession([encodeOpen(OPEN), encodeKeepalive()], async (peer, session, reaches) => {
    session.setRoutes([])
    await reaches('established')
    const socket = peer.socket()
    socket.pause()
    const makeWish = (round: number): BgpRoute[] =>
      Array.from({ length: 2000 }, (_, at) => ({
        ...toRoute(`10.${round % 256}.${at >> 8}.${at & 255}/32`),
        // No two may share a message: each is a message of its own.
        communities: [{ kind: 'standard', value: at + 1 }],
      }))
    let round = 0
    for (let before = -1; before !== session.status().counters.updatesSent; round++) {
      assert.ok(round < 500, 'it went on without end')
      before = session.status().counters.updatesSent
      session.setRoutes(makeWish(round))
      // The kernel takes what it takes.
      await new Promise((resolve) => setImmediate(resolve))
    }
    const wish = makeWish(round + 1)
    session.setRoutes(wish)
    assert.ok(session.status().pendingPrefixes > 0)
    socket.resume()
    const table = new Set<string>()
    let read = 0
    while (table.size !== wish.length || !wish.every(({ prefix }) => table.has(prefix))) {
      while (read === peer.received.length) await once(socket, 'data')
      const [type, body] = peer.received[read++] ?? [0, new Uint8Array()]
      if (type !== TYPE_UPDATE) continue
      const update = decodeUpdate(body, { hasAs4: true, isInternal: false })
      assert.ok(update.ok)
      for (const prefix of update.value.withdrawn) table.delete(formatPrefix(prefix))
      for (const prefix of update.value.announced) table.add(formatPrefix(prefix))
    }
    assert.equal(session.status().pendingPrefixes, 0)
    assert.equal(session.status().state, 'established')
  })
})
