/** Interleaved runs: in every round each scenario visits every peer, in an order that turns from round to round. */
import type { TemporaryFolder } from '../test/support/temporary-folder.ts'
import type { BenchmarkOptions } from './options.ts'
import type { Peer } from './peers/peer.ts'
import { readTreeCpu, readTreeRss } from './process-cpu.ts'
import type { Scenario } from './scenarios.ts'
import { median } from './statistics.ts'

export interface Sample {
  readonly scenario: string
  readonly peer: string
  /** CPU of the peer's process tree per request. */
  readonly userUs: number
  readonly systemUs: number
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly rssBytes: number
  readonly errors: number
  readonly requests: number
}

export interface ScenarioResult extends Sample {
  /** Total CPU per request over the reference peer's in the same round: median, least, most. */
  readonly ratio: { readonly median: number; readonly min: number; readonly max: number }
}

const WARM_UP_SECONDS = 2

/** @param peers all running, by name */
export async function runRounds(
  scenarios: readonly Scenario[],
  peers: ReadonlyMap<string, Peer>,
  options: BenchmarkOptions,
  folder: TemporaryFolder,
  progress: (text: string) => void,
): Promise<readonly Sample[]> {
  const samples: Sample[] = []
  for (const scenario of scenarios) {
    const taking = scenario.peers.map(({ name }) => peers.get(name)).filter((peer) => peer !== undefined)
    for (const peer of taking) await scenario.run(peer, WARM_UP_SECONDS, folder)
    for (let round = 0; round < options.rounds; round++) {
      for (let i = 0; i < taking.length; i++) {
        const peer = taking[(i + round) % taking.length]
        if (peer === undefined) continue
        const sample = await measure(scenario, peer, options.seconds, folder)
        samples.push(sample)
        progress(
          `${scenario.name} | round ${round + 1} | ${peer.name}: ` +
            `${(sample.userUs + sample.systemUs).toFixed(1)} µs, ${sample.requestsPerSecond.toFixed(0)}/s`,
        )
      }
    }
  }
  return samples
}

async function measure(scenario: Scenario, peer: Peer, seconds: number, folder: TemporaryFolder): Promise<Sample> {
  const before = readTreeCpu(peer.pid)
  const load = await scenario.run(peer, seconds, folder)
  const after = readTreeCpu(peer.pid)
  if (load.requests === 0) throw new Error(`Cannot measure ${peer.name}: no request of "${scenario.name}" was answered`)
  return {
    scenario: scenario.name,
    peer: peer.name,
    userUs: ((after.userMs - before.userMs) * 1000) / load.requests,
    systemUs: ((after.systemMs - before.systemMs) * 1000) / load.requests,
    requestsPerSecond: load.requests / load.seconds,
    p50Ms: load.p50Ms,
    p99Ms: load.p99Ms,
    rssBytes: readTreeRss(peer.pid),
    errors: load.errors,
    requests: load.requests,
  }
}

/** Medians over the rounds, errors and requests summed; ratios round by round against the scenario's first peer. */
export function summarise(samples: readonly Sample[], scenarios: readonly Scenario[]): readonly ScenarioResult[] {
  const groups = Map.groupBy(samples, (sample) => `${sample.scenario}\n${sample.peer}`)
  return [...groups.values()].map((group) => {
    const middle = (pick: (sample: Sample) => number): number => median(group.map(pick))
    const { scenario = '', peer = '' } = group[0] ?? {}
    const reference = scenarios.find(({ name }) => name === scenario)?.peers[0]?.name
    const base = samples.filter((sample) => sample.scenario === scenario && sample.peer === reference)
    const ratios = group.map((sample, round) => cpuUs(sample) / cpuUs(base[round] ?? sample))
    return {
      scenario,
      peer,
      userUs: middle((sample) => sample.userUs),
      systemUs: middle((sample) => sample.systemUs),
      requestsPerSecond: middle((sample) => sample.requestsPerSecond),
      p50Ms: middle((sample) => sample.p50Ms),
      p99Ms: middle((sample) => sample.p99Ms),
      rssBytes: middle((sample) => sample.rssBytes),
      errors: group.reduce((sum, sample) => sum + sample.errors, 0),
      requests: group.reduce((sum, sample) => sum + sample.requests, 0),
      ratio: { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) },
    }
  })
}

function cpuUs(sample: Sample): number {
  return sample.userUs + sample.systemUs
}
