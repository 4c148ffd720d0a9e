/**
 * Address management at size: 50,000 Services over 200 pools are taken over from `.status`, then single calls, the worst cases that
 * we know of among them. Prints a table: processor time of the call, and the clock.
 * Usage: node benchmarks/metal-addresses.ts [part of a name]
 */
import { type Allocator, createAllocator } from '../src/metal/pools/allocator.ts'
import { toPools, toService } from '../src/metal/pools/testing/allocator-script.ts'
import type { LoadBalancerService } from '../src/metal/service.ts'
import { formatSpread, timeCalls, watchCollections } from './call-times.ts'

const SERVICES = 50_000
const POOLS = 200
const CALLS = 2000
/** What a call may take. */
const MARK_MS = 1

interface Scenario {
  readonly name: string
  readonly calls?: number
  /** @returns what is called with 0, 1, 2... */
  readonly begin: () => {
    readonly prepare: (n: number) => LoadBalancerService
    readonly run: (service: LoadBalancerService) => unknown
  }
}

const many = toPools(
  Array.from({ length: POOLS }, (_, n) => `pool-${n} 10.${n}.0.0/23 2001:db8:${n.toString(16)}::/112`).join(';'),
)
const services: readonly LoadBalancerService[] = Array.from({ length: SERVICES }, (_, n) => ({
  ...toService(`s${n}`, ['ns=team', 'ports=TCP/80,TCP/443', n % 10 === 0 ? 'fam=46' : 'fam=4']),
  resourceVersion: String(n + 1),
  addresses: [
    `10.${n % POOLS}.${Math.floor(n / POOLS / 200)}.${((n / POOLS) % 200) | 0}`,
    ...(n % 10 === 0 ? [`2001:db8:${(n % POOLS).toString(16)}::${n.toString(16)}`] : []),
  ],
}))

function taken(): Allocator {
  const allocator = createAllocator(many)
  const refused = allocator.rebuild(services)
  if (refused.size > 0) throw new Error(`${refused.size} of ${SERVICES} were refused`)
  return allocator
}

function give(allocator: Allocator): (service: LoadBalancerService) => void {
  return (service) => {
    const outcome = allocator.allocate(service)
    if (!outcome.ok) throw new Error(`${service.key} was refused: ${outcome.refusal.message}`)
  }
}

function refuse(allocator: Allocator): (service: LoadBalancerService) => void {
  return (service) => {
    if (allocator.allocate(service).ok) throw new Error(`${service.key} was not refused`)
  }
}

/** So many Services in these pools, each with words of its own. */
function filled(pools: string, count: number, words: (n: number) => readonly string[]): Allocator {
  const allocator = createAllocator(toPools(pools))
  for (let n = 0; n < count; n++) give(allocator)(toService(`f${n}`, words(n)))
  return allocator
}

const asks =
  (...words: string[]) =>
  (n: number): LoadBalancerService =>
    toService(
      `a${n}`,
      words.map((word) => word.replaceAll('%', String(n + 1))),
    )

const SCENARIOS: readonly Scenario[] = [
  {
    name: `rebuild of ${SERVICES} Services over ${POOLS} pools`,
    calls: 20,
    begin: () => ({ prepare: asks(), run: taken }),
  },
  {
    name: `pools changed under ${SERVICES} Services`,
    calls: 20,
    begin: () => {
      const allocator = taken()
      return { prepare: asks(), run: () => allocator.setPools(many) }
    },
  },
  { name: 'IPv4', begin: () => ({ prepare: asks(), run: give(taken()) }) },
  { name: 'dual stack', begin: () => ({ prepare: asks('fam=46'), run: give(taken()) }) },
  { name: 'from a requested pool', begin: () => ({ prepare: asks('pool=pool-150', 'fam=6'), run: give(taken()) }) },
  {
    name: 'a requested address',
    begin: () => {
      const allocator = taken()
      const prepare = (n: number): LoadBalancerService =>
        toService(`a${n}`, [`want=10.${n % 200}.1.${250 - Math.floor(n / 200)}`])
      return { prepare, run: give(allocator) }
    },
  },
  {
    name: 'by a sharing key, all on one address that 20000 have',
    begin: () => {
      const allocator = filled('p 10.0.0.0/8', 20_000, (n) => ['key=k', `ports=TCP/${n + 30_001}`])
      return { prepare: asks('key=k', 'ports=TCP/%'), run: give(allocator) }
    },
  },
  {
    name: 'another key for an address that 20000 share: refused',
    begin: () => {
      const allocator = filled('p 10.0.0.0/8', 20_000, (n) => ['key=k', `ports=TCP/${n + 30_001}`])
      return { prepare: asks('key=other', 'ports=TCP/%', 'want=10.0.0.0'), run: refuse(allocator) }
    },
  },
  {
    name: 'a sharing key whose 50000 addresses all have the port',
    begin: () => {
      const allocator = filled('p 10.0.0.0/8', SERVICES, () => ['key=k', 'ports=TCP/80'])
      return { prepare: asks('key=k', 'ports=TCP/80'), run: give(allocator) }
    },
  },
  {
    name: 'a sharing key, ports 80 and 443, 50000 addresses have one of them and one of their own',
    begin: () => {
      const allocator = createAllocator(toPools('p 10.0.0.0/8'))
      for (let n = 0; n < SERVICES; n++) {
        const want = `want=10.0.${n >> 8}.${n & 255}`
        give(allocator)(toService(`f${n}`, ['key=k', `ports=TCP/${n % 2 === 0 ? 80 : 443},UDP/${n + 1}`, want]))
      }
      return { prepare: asks('key=k', 'ports=TCP/80,TCP/443'), run: give(allocator) }
    },
  },
  {
    name: '199 of 200 pools are full',
    begin: () => {
      const pools = Array.from({ length: POOLS }, (_, n) => `pool-${n + 100} 10.${n}.0.0/${n === 199 ? 16 : 24}`)
      const allocator = filled(pools.join(';'), 199 * 256, () => ['key=k', 'ports=TCP/80'])
      return { prepare: asks('key=k', 'ports=TCP/80'), run: give(allocator) }
    },
  },
  {
    name: '200 of 200 pools are full: refused',
    begin: () => {
      const pools = Array.from({ length: POOLS }, (_, n) => `pool-${n + 100} 10.${n}.0.0/24`)
      const allocator = filled(pools.join(';'), 200 * 256, () => ['key=k', 'ports=TCP/80'])
      return { prepare: asks('key=k', 'ports=TCP/80'), run: refuse(allocator) }
    },
  },
  {
    name: '200 of 200 pools are full, no sharing key: refused',
    begin: () => {
      const pools = Array.from({ length: POOLS }, (_, n) => `pool-${n + 100} 10.${n}.0.0/24`)
      return { prepare: asks(), run: refuse(filled(pools.join(';'), 200 * 256, () => [])) }
    },
  },
  {
    name: 'a pool of 2000 ranges, 1999 of them full',
    begin: () => {
      const ranges = Array.from({ length: 2000 }, (_, n) => `10.${n >> 8}.${n & 255}.0/${n === 1999 ? 20 : 29}`)
      const allocator = filled(`p ${ranges.slice(0, 1999).join(' ')} 10.200.0.0/16`, 1999 * 8, () => [])
      return { prepare: asks(), run: give(allocator) }
    },
  },
  {
    name: 'a /8 without .0 and .255, 50000 taken',
    begin: () => ({ prepare: asks(), run: give(filled('p 10.0.0.0/8 buggy', SERVICES, () => [])) }),
  },
  {
    name: 'a /8 with 25000 holes',
    begin: () => {
      const allocator = filled('p 10.0.0.0/8', SERVICES, () => [])
      for (let n = 0; n < SERVICES; n += 2) allocator.release(`default/f${n}`)
      return { prepare: asks(), run: give(allocator) }
    },
  },
  {
    name: 'an IPv6 /64 with 25000 holes',
    begin: () => {
      const allocator = filled('p 2001:db8::/64', SERVICES, () => ['fam=6'])
      for (let n = 0; n < SERVICES; n += 2) allocator.release(`default/f${n}`)
      return { prepare: asks('fam=6'), run: give(allocator) }
    },
  },
  {
    name: 'release that leaves a hole before 25000 others',
    begin: () => {
      const allocator = filled('p 10.0.0.0/8', SERVICES + 4001, () => [])
      for (let n = 4001; n < SERVICES + 4001; n += 2) allocator.release(`default/f${n}`)
      return {
        prepare: (n) => toService(`f${4000 - 2 * n}`),
        run: ({ key }) => {
          if (!allocator.release(key)) throw new Error(`${key} had nothing`)
        },
      }
    },
  },
]

process.stdout.write(
  `| what | processor time, p50 / p99 / worst | clock | over ${MARK_MS} ms |\n| --- | --- | --- | --- |\n`,
)
const [part = ''] = process.argv.slice(2)
const watch = watchCollections()
for (const { name, calls = CALLS, begin } of SCENARIOS.filter((each) => each.name.includes(part))) {
  const { prepare, run } = begin()
  const times = timeCalls(calls, prepare, run)
  const { all, withCollection } = await watch.slow(times, MARK_MS)
  const slow = calls < CALLS ? '' : all === 0 ? '0' : `${all}, ${withCollection} of them with a collection of garbage`
  process.stdout.write(`| ${name} | ${formatSpread(times.cpuMs)} | ${formatSpread(times.wallMs)} | ${slow} |\n`)
}
watch.close()
