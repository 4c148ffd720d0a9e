/** What holds for an allocator whatever is asked of it, in whatever order. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { LoadBalancerService } from '../service.ts'
import { type Allocator, createAllocator } from './allocator.ts'
import { toPools, toService } from './testing/allocator-script.ts'

const POOL_SETS = [
  'a 192.0.2.0/29 2001:db8::/125; b 198.51.100.0/30',
  'a 192.0.2.0/29 buggy; b 198.51.100.0/30 prio=3; c 2001:db8::/126',
  'renamed 192.0.2.0/28; c 2001:db8::/125 ns=team',
  'a 192.0.2.4/30 !auto; b 198.51.100.0/30 2001:db8::/127 svc=team=red',
]

const oneOf = (...texts: string[]): fc.Arbitrary<string> => fc.constantFrom(...texts)
const words = fc.tuple(
  oneOf('fam=4', 'fam=6', 'fam=46 policy=prefer', 'fam=64 policy=require'),
  oneOf('ports=TCP/80', 'ports=TCP/443', 'ports=UDP/53,TCP/53'),
  oneOf('', 'key=k', 'key=k local=app=web', 'key=l'),
  oneOf('', 'ns=team', 'labels=team=red'),
  oneOf('', '', '', 'pool=b', 'want=192.0.2.5'),
)
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('allocate' as const), name: fc.nat(14), words }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('release' as const), name: fc.nat(14), words }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('complete' as const), name: fc.nat(14), words }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pools' as const), name: fc.nat(3), words }) },
)

/** Runs steps and returns the Services that hold something, as they were when they got it. */
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never

function run(steps: readonly Step[]): {
  readonly allocator: Allocator
  readonly services: ReadonlyMap<string, LoadBalancerService>
  readonly pools: number
} {
  const allocator = createAllocator(toPools(POOL_SETS[0]!))
  const services = new Map<string, LoadBalancerService>()
  let pools = 0
  for (const { kind, name, words: options } of steps) {
    if (kind === 'pools') {
      pools = name
      for (const key of allocator.setPools(toPools(POOL_SETS[name]!))) services.delete(key)
      continue
    }
    const service = toService(`s${name}`, options.join(' ').split(' '))
    if (kind === 'allocate') {
      if (services.has(service.key)) continue
      if (allocator.allocate(service).ok) services.set(service.key, service)
    } else if (kind === 'complete') {
      const known = services.get(service.key)
      if (known !== undefined && known.families.length > 1) allocator.complete(known)
    } else {
      allocator.release(service.key)
      services.delete(service.key)
    }
  }
  return { allocator, services, pools }
}

function leases(allocator: Allocator, keys: Iterable<string>): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries([...keys].sort().map((key) => [key, allocator.leaseOf(key)?.addresses ?? []]))
}

const steps = fc.array(step, { maxLength: 60 })

test('no address is given twice except by the rules of sharing, and what is counted is what is held', () => {
  fc.assert(
    fc.property(steps, (script) => {
      const { allocator, services } = run(script)
      const owners = new Map<string, LoadBalancerService[]>()
      for (const service of services.values()) {
        for (const address of allocator.leaseOf(service.key)?.addresses ?? []) {
          owners.set(address, [...(owners.get(address) ?? []), service])
        }
      }
      for (const sharers of owners.values()) {
        if (sharers.length < 2) continue
        const backend = ({ trafficPolicy, selector }: LoadBalancerService): string =>
          trafficPolicy === 'Local' ? selector : ''
        assert.ok(sharers.every((one) => one.sharingKey !== '' && one.sharingKey === sharers[0]?.sharingKey))
        assert.ok(sharers.every((one) => backend(one) === backend(sharers[0]!)))
        const ports = sharers.flatMap((one) => one.ports.map(({ protocol, port }) => `${protocol}/${port}`))
        assert.equal(new Set(ports).size, ports.length)
      }
      const used = allocator.counts().reduce((sum, one) => sum + one.assignedIPv4 + one.assignedIPv6, 0n)
      assert.equal(used, BigInt(owners.size))
    }),
    { numRuns: 300 },
  )
})

test('families are those of the Service, one address of each', () => {
  fc.assert(
    fc.property(steps, (script) => {
      const { allocator, services } = run(script)
      for (const service of services.values()) {
        const has = (allocator.leaseOf(service.key)?.addresses ?? []).map((text) => (text.includes(':') ? 6 : 4))
        const isWhole = service.familyPolicy !== 'PreferDualStack'
        if (isWhole) assert.deepEqual(has, service.families)
        else
          assert.deepEqual(
            has,
            service.families.filter((family) => has.includes(family)),
          )
        assert.ok(has.length > 0)
      }
    }),
    { numRuns: 200 },
  )
})

test('nothing is lost over a rebuild from what is in .status, in whatever order Services come', () => {
  fc.assert(
    fc.property(steps, fc.integer(), (script, seed) => {
      const { allocator, services, pools } = run(script)
      const seen = [...services.values()].map((service) => ({
        ...service,
        addresses: allocator.leaseOf(service.key)?.addresses ?? [],
      }))
      const shuffled = [...seen].sort((a, b) => hash(a.key, seed) - hash(b.key, seed))
      const pools2 = toPools(POOL_SETS[pools]!)
      const fresh = createAllocator([...pools2].reverse())
      // What a pool no longer means for a Service is the only thing that is refused: it was given before the pools changed.
      const refused = fresh.rebuild(shuffled)
      for (const [, { rule }] of refused) assert.equal(rule, 'selector')
      const kept = [...services.keys()].filter((key) => !refused.has(key))
      assert.deepEqual(leases(fresh, kept), leases(allocator, kept))
    }),
    { numRuns: 300 },
  )
})

test('who loses when two claim one address does not depend on the order in which they come', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(9), words), { maxLength: 20 }), fc.integer(), (rows, seed) => {
      const seen = rows.map(([end, options], index) => ({
        ...toService(`s${index}`, options.join(' ').split(' ')),
        addresses: [`192.0.2.${end}`],
      }))
      const results = [seen, [...seen].sort((a, b) => hash(a.key, seed) - hash(b.key, seed))].map((order) => {
        const allocator = createAllocator(toPools(POOL_SETS[0]!))
        const refused = allocator.rebuild(order)
        return [
          leases(
            allocator,
            seen.map(({ key }) => key),
          ),
          [...refused].sort(([a], [b]) => (a < b ? -1 : 1)),
        ]
      })
      assert.deepEqual(results[0], results[1])
    }),
  )
})

test('the same steps give the same addresses, in whatever order pools are written', () => {
  fc.assert(
    fc.property(fc.array(words, { maxLength: 25 }), (rows) => {
      const results = [1, -1].map((direction) => {
        const pools = toPools(POOL_SETS[1]!)
        const allocator = createAllocator(direction === 1 ? pools : [...pools].reverse())
        return rows.map((options, index) => allocator.allocate(toService(`s${index}`, options.join(' ').split(' '))))
      })
      assert.deepEqual(results[0], results[1])
    }),
  )
})

function hash(text: string, seed: number): number {
  let value = seed | 0
  for (const char of text) value = Math.imul(value ^ char.charCodeAt(0), 0x01000193)
  return value
}
