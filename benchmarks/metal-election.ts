/**
 * Who announces what, at size: what one decision takes after a single change, with so many Services and 50 nodes.
 * Usage: node benchmarks/metal-election.ts [SERVICES...], default 5000 20000
 */
import { decideAnnouncements } from '../src/metal/election/decide-announcements.ts'
import { ElectionMemory } from '../src/metal/election/election-memory.ts'
import type { ElectionInput } from '../src/metal/election/election-model.ts'
import { type CallTimes, formatSpread, timeCalls } from './call-times.ts'
import { CHANGES, metalCluster } from './metal-cluster.ts'

const CALLS = 20
const sizes = process.argv.slice(2).map(Number)

process.stdout.write('| Services | what | processor time, p50 / p99 / worst | clock |\n| --- | --- | --- | --- |\n')
for (const size of sizes.length > 0 ? sizes : [5000, 20_000]) {
  const begin: ElectionInput = metalCluster(size, 50)
  const report = (name: string, { cpuMs, wallMs }: CallTimes): void => {
    process.stdout.write(`| ${size} | ${name} | ${formatSpread(cpuMs)} | ${formatSpread(wallMs)} |\n`)
  }
  report(
    'first decision of a speaker',
    timeCalls(
      3,
      () => begin,
      (input) => decideAnnouncements(input),
    ),
  )
  const memory = new ElectionMemory()
  const decide = (input: ElectionInput): unknown => decideAnnouncements(input, memory)
  decide(begin)
  for (const { name, change } of CHANGES) {
    const prepare = (n: number): ElectionInput => {
      decide(begin)
      return change(begin, n)
    }
    report(name, timeCalls(CALLS, prepare, decide))
  }
}
