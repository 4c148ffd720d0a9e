/** `npm run bench`: Genkan beside nginx, HAProxy, Envoy, Traefik and Caddy on this machine. See `--help`. */
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
import { nginxPeer } from './peers/nginx.ts'
import type { Peer, PeerSetup } from './peers/peer.ts'
import { formatReport, type IdleRow } from './report.ts'
import { runRounds, type Sample, summarise } from './rounds.ts'
import { type Scenario, SCENARIOS } from './scenarios.ts'
import { measureLint, measureQuickStart } from './start-up.ts'
import { median } from './statistics.ts'
import { startUpstream } from './upstream.ts'

const IDLE_PEERS = [nginxPeer, haproxyPeer, genkanPeer]
const IDLE_CONNECTIONS = 9000

async function main(options: BenchmarkOptions): Promise<void> {
  using folder = createTemporaryFolder()
  const loadAtStart = loadavg()[0] ?? 0
  if (loadAtStart > 0.5) say(`The machine is busy (load ${loadAtStart.toFixed(2)}); the numbers will be rough.`)
  const upstream = await startUpstream(folder)
  try {
    const setup = {
      folder,
      ...(await createBenchCertificate(folder)),
      upstreamPort: upstream.port,
      grpcUpstreamPort: upstream.grpcPort,
    }
    const scenarios = SCENARIOS.filter((scenario) => options.only.includes(scenario.group))
    const kinds = [...new Set(scenarios.flatMap((scenario) => scenario.peers))]
    const equivalent = kinds.filter((kind) => kind.isEquivalent)
    if (equivalent.length > 0) {
      say(`Checking that ${equivalent.map((kind) => kind.name).join('; ')} forward the same request`)
      await checkEquivalence(equivalent, { ...setup, grpcUpstreamPort: 0 })
    }
    const { samples, versions } = await measureRequests(options, setup, scenarios)
    const idle = options.only.includes('idle') ? await measureIdle(setup) : []
    const startUp = options.only.includes('start') ? await measureStartUp(options, folder) : []
    const date = new Date().toISOString().slice(0, 10)
    const results = summarise(samples, scenarios)
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

async function measureRequests(options: BenchmarkOptions, setup: PeerSetup, scenarios: readonly Scenario[]) {
  const samples: Sample[] = []
  const versions = new Set<string>()
  // One group at a time, so that only those run that are measured.
  for (const group of new Set(scenarios.map((scenario) => scenario.group))) {
    const members = scenarios.filter((scenario) => scenario.group === group)
    const peers = new Map<string, Peer>()
    try {
      for (const kind of new Set(members.flatMap((scenario) => scenario.peers))) {
        const peer = await kind.start(setup)
        peers.set(kind.name, peer)
        versions.add(peer.version)
      }
      samples.push(...(await runRounds(members, peers, options, setup.folder, say)))
    } finally {
      for (const peer of peers.values()) await peer.stop()
    }
  }
  return { samples, versions: versions.size === 0 ? [`Node ${process.versions.node}`] : [...versions] }
}

/** Every peer starts afresh, so that earlier load has not grown its memory. */
async function measureIdle(setup: PeerSetup): Promise<IdleRow[]> {
  const rows: IdleRow[] = []
  for (const scheme of ['http', 'https'] as const) {
    for (const kind of IDLE_PEERS) {
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
