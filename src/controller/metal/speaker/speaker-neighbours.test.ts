import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { EventEmitter, once } from 'node:events'
import test, { type TestContext } from 'node:test'
import { Secret } from '../../../base/secret.ts'
import type { MetalNode } from '../../../metal/announcement.ts'
import { DEFAULT_TIMING } from '../../../metal/heartbeat/heartbeat-model.ts'
import { Neighbours } from './speaker-neighbours.ts'

const DEADLINE_MS = 30_000
const NODES = [nodeOf('a', '127.0.0.1'), nodeOf('b', '127.0.0.2')]

function nodeOf(name: string, address: string): MetalNode {
  const state = { isReady: true, isUnschedulable: false, isNetworkUnavailable: false, taints: [] }
  return { name, labels: {}, addresses: [address], ...state }
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}

function speak(context: TestContext, nodeName: string, heartbeatPort: number) {
  const events = new EventEmitter()
  const problems: string[] = []
  const neighbours = new Neighbours({
    nodeName,
    heartbeatPort,
    heartbeatKey: new Secret(Buffer.from('key')),
    timing: DEFAULT_TIMING,
    interfaces: () => [],
    onChange: () => events.emit('any'),
    onDeparture: () => {},
    problem(message) {
      problems.push(message)
      events.emit('any')
    },
  })
  context.after(async () => {
    await neighbours.leave()
    await neighbours.close()
  })
  const until = async (holds: () => boolean): Promise<void> => {
    const signal = AbortSignal.timeout(DEADLINE_MS)
    while (!holds()) await once(events, 'any', { signal })
  }
  return { neighbours, problems, until }
}

test('a node that cannot answer says so, also when it knew before it could speak', async (context) => {
  const port = await freePort()
  const [a, b] = ['a', 'b'].map((name) => speak(context, name, port))
  assert.ok(a !== undefined && b !== undefined)
  a.neighbours.tellNoInterfaces()
  a.neighbours.update(NODES)
  b.neighbours.update(NODES)
  const seen = () => b.neighbours.view.members.find(({ name }) => name === 'a')
  await b.until(() => seen() !== undefined)
  assert.deepEqual(seen()?.interfaces, [])
})

test('heartbeats that ended begin again', async (context) => {
  // A port that does not exist ends the thread whenever it begins.
  const { neighbours, problems, until } = speak(context, 'a', 70_000)
  neighbours.update(NODES)
  await until(() => problems.filter((message) => message.startsWith('Cannot exchange heartbeats')).length === 3)
  assert.equal(await neighbours.isWell(), true)
})
