/**
 * Address management at size: 50,000 Services over 200 pools are taken over from `.status`, then single allocations.
 * Usage: node benchmarks/metal-addresses.ts
 */
import type { LoadBalancerService } from '../src/metal/service.ts'
import { createAllocator } from '../src/metal/pools/allocator.ts'
import { toPools, toService } from '../src/metal/pools/testing/allocator-script.ts'

const SERVICES = 50_000
const POOLS = 200

const pools = toPools(
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

function median(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b)
  return `median ${sorted[sorted.length >> 1]?.toFixed(3)} ms, worst ${sorted.at(-1)?.toFixed(3)} ms`
}

function time(run: () => void): number {
  const beganMs = performance.now()
  run()
  return performance.now() - beganMs
}

const rebuilds = Array.from({ length: 20 }, () =>
  time(() => {
    const refused = createAllocator(pools).rebuild(services)
    if (refused.size > 0) throw new Error(`${refused.size} of ${SERVICES} were refused`)
  }),
)
process.stdout.write(`rebuild of ${SERVICES} Services over ${POOLS} pools, 20 times: ${median(rebuilds)}\n`)

const allocator = createAllocator(pools)
allocator.rebuild(services)
const single = (name: string, count: number, words: readonly string[]): void => {
  const times = Array.from({ length: count }, (_, n) => {
    const service = toService(`${name}${n}`, [...words, `ports=TCP/${(n % 60_000) + 1}`])
    return time(() => {
      if (!allocator.allocate(service).ok) throw new Error(`${service.key} was refused`)
    })
  })
  process.stdout.write(`one allocation, ${name}, ${count} times: ${median(times)}\n`)
}
single('ipv4', 2000, ['fam=4'])
single('dual', 2000, ['fam=46'])
single('shared', 2000, ['fam=4', 'key=k'])
const wide = createAllocator(toPools('wide 10.0.0.0/8'))
for (let n = 0; n < SERVICES; n++) wide.allocate(toService(`w${n}`))
for (let n = 0; n < SERVICES; n += 2) wide.release(`default/w${n}`)
const holes = Array.from({ length: 2000 }, (_, n) => time(() => wide.allocate(toService(`h${n}`))))
process.stdout.write(`one allocation in a /8 with ${SERVICES / 2} holes: ${median(holes)}\n`)
const changes = Array.from({ length: 20 }, () => time(() => allocator.setPools(pools)))
process.stdout.write(`pools changed under ${SERVICES} Services, 20 times: ${median(changes)}\n`)
