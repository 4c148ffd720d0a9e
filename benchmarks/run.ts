/** `npm run bench`: Genkan beside nginx and HAProxy on this machine. See `--help`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createTemporaryFolder, type TemporaryFolder } from '../test/support/temporary-folder.ts'
import { createBenchCertificate } from './certificate.ts'
import { checkEquivalence } from './equivalence.ts'
import { measureIdleMemory } from './idle-memory.ts'
import { type BenchmarkOptions, parseOptions, USAGE } from './options.ts'
import { genkanPeer } from './peers/genkan.ts'
import { haproxyPeer } from './peers/haproxy.ts'
import { nginxPeer, nginxTunedPeer } from './peers/nginx.ts'
import type { Peer, PeerKind, PeerSetup } from './peers/peer.ts'
import { formatReport, type IdleRow } from './report.ts'
import { runRounds, summarise } from './rounds.ts'
import { SCENARIOS } from './scenarios.ts'
import { measureLint, measureQuickStart } from './start-up.ts'
import { median } from './statistics.ts'
import { startUpstream } from './upstream.ts'

const MAIN_PEERS: readonly PeerKind[] = [nginxPeer, haproxyPeer, genkanPeer]
const IDLE_CONNECTIONS = 2000

async function main(options: BenchmarkOptions): Promise<void> {
  using folder = createTemporaryFolder()
  const loadAtStart = loadavg()[0] ?? 0
  if (loadAtStart > 0.5) say(`The machine is busy (load ${loadAtStart.toFixed(2)}); the numbers will be rough.`)
  const upstream = await startUpstream(folder)
  try {
    const setup = { folder, ...(await createBenchCertificate(folder)), upstreamPort: upstream.port }
    const needsPeers = options.only.some((group) => group !== 'start')
    if (needsPeers) {
      say('Checking that all peers forward the same request')
      await checkEquivalence([...MAIN_PEERS, nginxTunedPeer], setup)
    }
    const { samples, versions } = await measureRequests(options, setup)
    const idle = options.only.includes('idle') ? await measureIdle(setup) : []
    const startUp = options.only.includes('start') ? await measureStartUp(options, folder) : []
    const date = new Date().toISOString().slice(0, 10)
    const results = summarise(samples, nginxPeer.name)
    const report = formatReport({
      date,
      command: ['npm run bench', ...process.argv.slice(2)].join(' '),
      versions,
      rounds: options.rounds,
      seconds: options.seconds,
      loadAtStart,
      results,
      idle,
      startUp,
    })
    const out = options.out || fileURLToPath(new URL(`results/${date}.md`, import.meta.url))
    mkdirSync(dirname(out), { recursive: true })
    writeFileSync(out, report)
    process.stdout.write(`${report}\nWritten to ${out}\n`)
    const failed = results.filter((result) => result.errors > 0)
    if (failed.length > 0)
      throw new Error(`Some requests failed: ${failed.map((row) => `${row.peer}, ${row.scenario}`).join('; ')}`)
  } finally {
    await upstream.stop()
  }
}

async function measureRequests(options: BenchmarkOptions, setup: PeerSetup) {
  const scenarios = SCENARIOS.filter((scenario) => options.only.includes(scenario.group))
  if (scenarios.length === 0) return { samples: [], versions: [`Node ${process.versions.node}`] }
  const kinds = scenarios.some((scenario) => scenario.group === 'body') ? [...MAIN_PEERS, nginxTunedPeer] : MAIN_PEERS
  const peers: Peer[] = []
  try {
    for (const kind of kinds) peers.push(await kind.start(setup))
    const takesPart = (scenario: { group: string }, peer: Peer): boolean =>
      peer.name !== nginxTunedPeer.name || scenario.group === 'body'
    const samples = await runRounds(scenarios, peers, takesPart, options, setup.folder, say)
    return { samples, versions: [...new Set(peers.map((peer) => peer.version))] }
  } finally {
    for (const peer of peers) await peer.stop()
  }
}

/** Every peer starts afresh, so that earlier load has not grown its memory. */
async function measureIdle(setup: PeerSetup): Promise<IdleRow[]> {
  const rows: IdleRow[] = []
  for (const scheme of ['http', 'https'] as const) {
    for (const kind of MAIN_PEERS) {
      const peer = await kind.start(setup)
      try {
        const memory = await measureIdleMemory(peer, scheme, IDLE_CONNECTIONS)
        rows.push({ peer: kind.name, scheme, connections: IDLE_CONNECTIONS, ...memory })
        say(`idle ${scheme} | ${kind.name}: ${(memory.bytesPerConnection / 1024).toFixed(1)} KiB per connection`)
      } finally {
        await peer.stop()
      }
    }
  }
  return rows
}

async function measureStartUp(options: BenchmarkOptions, folder: TemporaryFolder): Promise<[string, number][]> {
  const starts: number[] = []
  const lints: number[] = []
  for (let round = 0; round < options.rounds; round++) {
    starts.push(await measureQuickStart())
    lints.push(await measureLint(folder, 1000))
  }
  return [
    ['`genkan dev examples/quickstart` to its ready line', median(starts)],
    ['`genkan lint` of 1,000 Ingresses', median(lints)],
  ]
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** A signal ends the run through `exit`, where the children are ended too. */
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

try {
  const options = parseOptions(process.argv.slice(2))
  if (options === 'help') process.stdout.write(USAGE)
  else await main(options)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
