import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import type { BfdEvent } from '../../src/metal/bfd/bfd-model.ts'
import { createBgpSpeaker, type BgpSpeaker } from '../../src/metal/bgp/speaker.ts'
import type { BfdProfile, BgpPeer } from '../../src/metal/model.ts'
import { startBird, type Bird } from './parts/bgp-bird.ts'
import { formatSpread } from './parts/bgp-figures.ts'
import { addPeerHost, closePeerHosts, type PeerHost } from './parts/bgp-hosts.ts'
import { toPeer, toRoute, until } from './parts/bgp-peer.ts'

/** BFD_RUNS=20 measures what docs/bare-metal.md says; fewer runs guard it with a wide bound, because machines that run suites are busy. */
const RUNS = Number(process.env['BFD_RUNS'] ?? '5')

after(closePeerHosts)

const DEFAULT: BfdProfile = {
  name: 'default',
  receiveMs: 300,
  transmitMs: 300,
  detectMultiplier: 3,
  isEcho: false,
  echoMs: 50,
  isPassive: false,
  minimumTtl: 254,
}

interface Watched {
  readonly host: PeerHost
  readonly speaker: BgpSpeaker
  readonly events: BfdEvent[]
  readonly problems: string[]
  readonly bfd: () => string | undefined
  readonly bgp: () => string | undefined
}

/** A speaker that ends with its test, failed or not: the next one needs its ports. */
function watch(
  context: TestContext,
  changes: Partial<BgpPeer>,
  profile: Partial<BfdProfile>,
  address: 'v4' | 'v6' = 'v4',
): Watched {
  const host = addPeerHost()
  const events: BfdEvent[] = []
  const problems: string[] = []
  const speaker = createBgpSpeaker({
    nodeName: 'node-1',
    passwordOf: () => null,
    onBfd: (_, event) => events.push(event),
    onProblem: (problem) => problems.push(problem),
  })
  context.after(() => speaker.close())
  speaker.setRoutes([toRoute('192.0.2.10/32')])
  speaker.setPeers([toPeer(host[address], { bfdProfile: 'default', connectSeconds: 1, ...changes })], {
    default: { ...DEFAULT, ...profile },
  })
  return {
    host,
    speaker,
    events,
    problems,
    bfd: () => speaker.status()[0]?.bfd?.state,
    bgp: () => speaker.status()[0]?.state,
  }
}

/** Bird follows within a packet. */
async function says(bird: Bird, state: RegExp): Promise<void> {
  const signal = AbortSignal.timeout(30_000)
  while (!state.test(await bird.ask('show bfd sessions'))) signal.throwIfAborted()
}

test('BFD comes up with bird in both families, at the slower of both intervals', async (context) => {
  for (const family of ['v4', 'v6'] as const) {
    const watched = watch(context, {}, {}, family)
    const bird = await startBird(watched.host, { hasBfd: true, hasIpv4: family === 'v4', hasIpv6: family === 'v6' })
    await until(() => watched.bfd() === 'Up' && watched.bgp() === 'established', 'both to be up')
    await until(() => watched.speaker.status()[0]?.bfd?.detectMs === 900, 'the intervals')
    assert.equal(watched.speaker.status()[0]?.bfd?.transmitMs, 300)
    await says(bird, /Up/)
    await watched.speaker.close()
    // Told to be on purpose: nothing has failed.
    await says(bird, /Down/)
    assert.deepEqual(watched.problems, [])
  }
})

test('a path that is cut ends the session within a second, and it comes back', async (context) => {
  const watched = watch(context, {}, {})
  await startBird(watched.host, { hasBfd: true })
  const took: number[] = []
  const cutting: number[] = []
  for (let round = 0; round < RUNS; round++) {
    await until(() => watched.bfd() === 'Up' && watched.bgp() === 'established', 'both to be up')
    // Right after it came up a session still has the slow intervals.
    await until(() => watched.speaker.status()[0]?.bfd?.detectMs === 900, 'the intervals')
    const since = performance.now()
    watched.host.cut()
    cutting.push(performance.now() - since)
    await until(() => watched.bgp() !== 'established', 'the session to end', 1)
    took.push(performance.now() - since)
    watched.host.mend()
  }
  context.diagnostic(`down: ${formatSpread(took)}`)
  context.diagnostic(`of which the command that cuts: ${formatSpread(cutting)}`)
  // A busy machine can make the peer miss us as well, before or between the cuts.
  const reasons = watched.events.filter(({ from, to }) => from === 'Up' && to === 'Down').map(({ reason }) => reason)
  assert.ok(
    reasons.some((reason) => reason.includes('Nothing was heard for 900 ms')),
    reasons.join('\n'),
  )
  const median = took.toSorted((a, b) => a - b)[Math.floor(RUNS / 2)] ?? Infinity
  assert.ok(median <= (RUNS >= 20 ? 1000 : 4000), took.join())
})

test('over several hops BFD has its own port', async (context) => {
  // Bird sends these with the hop limit of the system, which is 64.
  const watched = watch(context, { isMultiHop: true }, { minimumTtl: 60 })
  const bird = await startBird(watched.host, { hasBfd: true, extra: 'multihop;' })
  await until(() => watched.bfd() === 'Up' && watched.bgp() === 'established', 'both to be up')
  await says(bird, /Up/)
})

test('a passive session says nothing before the peer does', async (context) => {
  const watched = watch(context, {}, { isPassive: true })
  await until(() => watched.speaker.status()[0]?.bfd?.state === 'Down', 'the session')
  assert.equal(watched.speaker.status()[0]?.bfd?.packetsSent, 0)
  await startBird(watched.host, { hasBfd: true })
  await until(() => watched.bfd() === 'Up', 'BFD to be up')
})
