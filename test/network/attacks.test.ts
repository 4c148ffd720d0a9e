/** What somebody on the network can do to speakers without their key: be counted. The client goes on being answered. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { encodePacket, type Packet } from '../../src/metal/heartbeat/packet.ts'
import { eventually } from './parts/eventually.ts'
import type { Host } from './parts/hosts.ts'
import { ADDRESS, KEY, type RunningHost, SpeakerHosts } from './parts/speaker-hosts.ts'

const PORT = '7946'
const PARTS = new URL('./parts/', import.meta.url).pathname

let hosts: SpeakerHosts
let attacker: Host
before(() => {
  hosts = new SpeakerHosts(2, [], 1)
  const [stranger] = hosts.strangers
  assert.ok(stranger !== undefined)
  attacker = stranger
  for (const node of hosts.nodes) hosts.start(node)
})
after(() => hosts.destroy())

const otherThan = (owner: RunningHost): RunningHost => hosts.nodes.find((node) => node !== owner) ?? owner

/** Sends them all until so many were refused: a receiver that is busy has not room for each. */
async function sendUntilRefused(datagrams: readonly Buffer[], to: RunningHost, reason: string): Promise<void> {
  const before = refused(to, reason)
  await eventually(`so many to be ${reason}`, async () => {
    await send(datagrams, to)
    return refused(to, reason) >= before + datagrams.length
  })
}

/** Resolves when they are on their way. */
async function send(datagrams: readonly Buffer[], to: RunningHost): Promise<void> {
  const args = [`${PARTS}udp-sender.ts`, to.host.ipv4, PORT]
  const sender = attacker.start(process.execPath, args, { stdio: ['pipe', 'ignore', 'inherit'] })
  sender.stdin?.end(datagrams.map((datagram) => `${datagram.toString('hex')}\n`).join(''))
  if (sender.exitCode === null) await once(sender, 'exit')
}

const refused = (node: RunningHost, reason: string): number =>
  hosts.sample(node, 'genkan_heartbeat_refused_total', { reason }) ?? 0

/** The client is answered, and whoever had the address has it. */
async function goesOn(owner: RunningHost, what: string): Promise<void> {
  const from = hosts.answers.length
  await hosts.until(`the client is answered after ${what}`, () => hosts.answers.length > from + 50)
  assert.equal(await hosts.settled(), owner)
}

/** What it says when a node says good-bye. */
const leavings = ({ problems }: RunningHost): readonly string[] =>
  problems.filter((line) => /^Node \w has left$/.test(line))

function heartbeat(changes: Partial<Packet>): Packet {
  return {
    kind: 'heartbeat',
    interfaces: [],
    from: '',
    to: '',
    boot: 1n,
    sequence: 2 ** 40,
    round: 1,
    echo: { boot: 0n, sequence: 0 },
    unprovenEcho: { boot: 0n, sequence: 0 },
    isSettled: true,
    isListening: false,
    isLeaving: false,
    hasNewLink: false,
    hearsReceiver: true,
    liveOthers: 1,
    ...changes,
  } as Packet
}

test('forged heartbeats, good-byes among them, and garbage are counted and change nothing', async () => {
  const owner = await hosts.settled()
  const other = otherThan(owner)
  const left = hosts.nodes.map(leavings)
  const COUNT = 200
  for (const [from, to] of [
    [owner, other],
    [other, owner],
  ] as const) {
    const forged = Array.from({ length: COUNT }, (_, index) =>
      encodePacket(
        heartbeat({ from: from.host.name, to: to.host.name, isLeaving: index % 2 === 0, sequence: 2 ** 40 + index }),
        Buffer.from('another key'),
      ),
    )
    const garbage = Array.from({ length: COUNT }, (_, index) => Buffer.alloc(index, index))
    const unknown = Array.from({ length: COUNT }, (_, index) =>
      encodePacket(heartbeat({ from: 'nobody', to: to.host.name, sequence: index + 1 }), Buffer.from(KEY)),
    )
    await sendUntilRefused(forged, to, 'forged')
    await sendUntilRefused(garbage, to, 'malformed')
    await sendUntilRefused(unknown, to, 'foreign')
  }
  await goesOn(owner, 'forgeries')
  assert.deepEqual(hosts.nodes.map(leavings), left)
})

test('recorded heartbeats are counted as such, and do not bring back who is gone', async () => {
  const owner = await hosts.settled()
  const heir = otherThan(owner)
  const { child } = heir
  assert.ok(child !== null)
  child.kill('SIGKILL')
  await hosts.ended(child)
  // Where the heir was, somebody writes down what the owner says to it.
  const recorder = heir.host.start(process.execPath, [`${PARTS}udp-recorder.ts`, heir.host.ipv4, PORT], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  assert.ok(recorder.stdout !== null)
  const recorded: Buffer[] = []
  createInterface(recorder.stdout).on('line', (line) => recorded.push(Buffer.from(line, 'hex')))
  await eventually('recordings', () => recorded.length >= 20)
  recorder.kill('SIGKILL')
  await hosts.ended(recorder)
  hosts.start(heir)
  await hosts.settled()

  await sendUntilRefused(recorded, heir, 'replayed')
  await goesOn(owner, 'recordings')

  const ended = owner.child
  assert.ok(ended !== null)
  ended.kill('SIGKILL')
  await hosts.until('the heir has it', () => heir.isAnnouncing)
  await sendUntilRefused(recorded, heir, 'replayed')
  assert.equal(hosts.sample(heir, 'genkan_heartbeat_peer_live', { peer: owner.host.name }), 0)
  assert.equal(heir.isAnnouncing, true)
  hosts.start(owner)
})

test('10,000 requests a second are answered, in memory that does not grow', async (context) => {
  const owner = await hosts.settled()
  const pid = owner.child?.pid
  const residentKb = (): number => Number(/VmRSS:\s+(\d+)/.exec(owner.host.run('cat', `/proc/${pid}/status`))?.[1])
  const requests = (): number => hosts.sample(owner, 'metallb_layer2_requests_received', { ip: ADDRESS }) ?? 0
  const [before, memory] = [requests(), residentKb()]
  const storm = attacker.start(process.execPath, [`${PARTS}l2-storm.ts`, ADDRESS, '10000', '5'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  assert.ok(storm.stdout !== null)
  const lines: string[] = []
  createInterface(storm.stdout).on('line', (line) => lines.push(line))
  await eventually('the storm to end', () => lines.length === 2)
  const sent = Number(lines[1])
  const received = requests() - before
  const replies = hosts.sample(owner, 'metallb_layer2_responses_sent', { ip: ADDRESS }) ?? 0
  const grownKb = residentKb() - memory
  context.diagnostic(`${sent} sent, ${received} counted, ${replies} answers, ${grownKb} KiB more`)
  // A machine that is busy drops some before anybody can read them.
  assert.ok(sent > 10_000 && received > sent / 4, `${received} of ${sent}`)
  assert.ok(grownKb < 100_000, `${grownKb} KiB`)
  await goesOn(owner, 'the storm')
})
