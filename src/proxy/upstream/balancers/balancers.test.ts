/** One suite for every way of balancing, then what each alone promises. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { BalancerConfig } from '../../../routing/balancer.ts'
import type { BalancedEndpoint, Balancer, BalancerPorts } from './balancer.ts'
import { createBalancer } from './create-balancer.ts'
import { HashRing } from './hash-ring.ts'

interface Fake extends BalancedEndpoint {
  activeRequests: number
  isEjected: boolean
  isUnhealthy: boolean
  weight: number
}

function endpoint(label: string, weight = 1): Fake {
  return {
    label,
    activeRequests: 0,
    isEjected: false,
    isUnhealthy: false,
    weight,
    credit: 0,
    latencyMs: -1,
    latencyAtMs: 0,
  }
}

function endpoints(count: number): readonly Fake[] {
  return Array.from({ length: count }, (_, index) => endpoint(`192.0.2.${index}:80`))
}

/** Numbers that look random and are the same in every run (a linear congruence of Numerical Recipes). */
function seededRandom(): () => number {
  let state = 42
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function create(config: BalancerConfig, ports: Partial<BalancerPorts> = {}): Balancer<Fake> {
  return createBalancer(config, { random: seededRandom(), nowMs: () => 1000, firstTurn: 0, ...ports })
}

const CONFIGS: readonly BalancerConfig[] = [
  { kind: 'round-robin' },
  { kind: 'ewma' },
  { kind: 'least-connections' },
  { kind: 'hash', key: '$request_uri' },
  { kind: 'subset-hash', key: '$request_uri', size: 3 },
]

for (const config of CONFIGS) {
  suite(config.kind, () => {
    test('has nothing to pick without endpoints', () => {
      const balancer = create(config)
      balancer.setEndpoints([])
      assert.equal(balancer.pick('key', null), null)
      assert.equal(balancer.pick('', null), null)
    })

    test('picks nothing that was tried, is out or without weight, and something as long as there is any', () => {
      fc.assert(
        fc.property(
          fc.array(fc.constantFrom('usable', 'light', 'tried', 'ejected', 'ill', 'drained'), { maxLength: 9 }),
          fc.string(),
          (states, key) => {
            const list = endpoints(states.length)
            const tried = list.filter((_, index) => states[index] === 'tried')
            for (const [index, item] of list.entries()) {
              item.isEjected = states[index] === 'ejected'
              item.isUnhealthy = states[index] === 'ill'
              item.weight = states[index] === 'drained' ? 0 : states[index] === 'light' ? 0.001 : 1
            }
            const balancer = create(config)
            balancer.setEndpoints(list)
            const picked = balancer.pick(key, tried)
            if (states.includes('usable') || states.includes('light')) {
              assert.match(states[list.indexOf(picked!)]!, /usable|light/)
            } else {
              assert.equal(picked, null)
            }
          },
        ),
      )
    })

    test('spreads many different keys over all endpoints, none with more than twice its share', () => {
      const list = endpoints(8)
      const balancer = create(config)
      balancer.setEndpoints(list)
      const counts = new Map<Fake | null, number>()
      for (let i = 0; i < 8000; i++) {
        const picked = balancer.pick(`/path/${i}`, null)
        counts.set(picked, (counts.get(picked) ?? 0) + 1)
      }
      assert.equal(counts.size, 8)
      for (const count of counts.values()) assert.ok(count < 2000 && count > 400, `one was picked ${count} times`)
    })

    test('spreads requests without a key', () => {
      const balancer = create(config)
      balancer.setEndpoints(endpoints(4))
      const picked = new Set(Array.from({ length: 100 }, () => balancer.pick('', null)))
      assert.equal(picked.size, 4)
    })

    test('gives a tenth of the weight about a tenth of a share, also when weights change', () => {
      const list = endpoints(5)
      const balancer = create(config)
      balancer.setEndpoints(list)
      list[2]!.weight = 0.1
      balancer.weightsChanged()
      const share = (weightless: Fake): number => {
        let count = 0
        for (let i = 0; i < 10_000; i++) if (balancer.pick(`/path/${i}`, null) === weightless) count++
        return count / 10_000
      }
      const light = share(list[2]!)
      // A whole share is a fifth; choices of two at random keep light ones below their part.
      assert.ok(light > 0.008 && light < 0.04, `it got ${light}`)
      list[2]!.weight = 1
      balancer.weightsChanged()
      const whole = share(list[2]!)
      assert.ok(whole > 0.12 && whole < 0.3, `it got ${whole}`)
    })

    test('forgets endpoints that are gone and takes new ones', () => {
      const balancer = create(config)
      balancer.setEndpoints(endpoints(5))
      balancer.pick('key', null)
      const after = [endpoint('198.51.100.1:80'), endpoint('198.51.100.2:80')]
      balancer.setEndpoints(after)
      const picked = new Set(Array.from({ length: 200 }, (_, index) => balancer.pick(`k${index}`, null)))
      assert.deepEqual(picked, new Set(after))
    })
  })
}

test('least connections goes where the fewest requests are under way', () => {
  const list = endpoints(3)
  const balancer = create({ kind: 'least-connections' })
  balancer.setEndpoints(list)
  for (const [index, active] of [4, 1, 2].entries()) list[index]!.activeRequests = active
  assert.equal(balancer.pick('', null), list[1])
  assert.equal(balancer.pick('', [list[1]!]), list[2])
})

test('workers side by side begin their turns at different endpoints, so that one request each reaches all', () => {
  const list = endpoints(3)
  const first = [0, 1, 2, 3].map((firstTurn) => {
    const balancer = create({ kind: 'round-robin' }, { firstTurn })
    balancer.setEndpoints([])
    balancer.setEndpoints(list)
    return balancer.pick('', null)?.label
  })
  assert.deepEqual(
    first,
    [0, 1, 2, 0].map((index) => list[index]?.label),
  )
})

test('round robin spreads weights evenly over time', () => {
  const list = [endpoint('whole'), endpoint('half', 0.5), endpoint('quarter', 0.25)]
  const balancer = create({ kind: 'round-robin' })
  balancer.setEndpoints(list)
  const initials = Array.from({ length: 14 }, () => balancer.pick('', null)!.label.slice(0, 1))
  const picked = initials.join('')
  assert.equal(picked.slice(0, 7), picked.slice(7))
  assert.equal(initials.slice(0, 7).sort().join(''), 'hhqwwww')
  assert.doesNotMatch(picked, /wwww|hh|qq/)
})

test('least connections counts requests by weight', () => {
  const list = [endpoint('whole'), endpoint('half', 0.5)]
  const balancer = create({ kind: 'least-connections' })
  balancer.setEndpoints(list)
  list[0]!.activeRequests = 3
  list[1]!.activeRequests = 1
  assert.equal(balancer.pick('', null), list[1])
  list[1]!.activeRequests = 2
  assert.equal(balancer.pick('', null), list[0])
})

test('on a ring, weight takes keys from one endpoint alone, and gives the same ones back', () => {
  const list = endpoints(6)
  const ring = new HashRing(list)
  const keys = Array.from({ length: 3000 }, (_, index) => `/item/${index}`)
  const before = keys.map((key) => ring.find(key, null))
  list[0]!.weight = 0.5
  const during = keys.map((key) => ring.find(key, null))
  let taken = 0
  for (const [index, home] of before.entries()) {
    if (home === list[0]) taken += during[index] === home ? 0 : 1
    else assert.equal(during[index], home)
  }
  const owned = before.filter((home) => home === list[0]).length
  assert.ok(taken > owned * 0.3 && taken < owned * 0.7, `${taken} of ${owned}`)
  list[0]!.weight = 1
  assert.deepEqual(
    keys.map((key) => ring.find(key, null)),
    before,
  )
})

test('ewma prefers the faster of two, and forgets a slow answer over time', () => {
  let now = 0
  const [fast, slow] = [endpoint('fast'), endpoint('slow')]
  const balancer = create({ kind: 'ewma' }, { nowMs: () => now })
  balancer.setEndpoints([fast, slow])
  balancer.answered(fast, 5)
  balancer.answered(slow, 50)
  for (let i = 0; i < 20; i++) assert.equal(balancer.pick('', null), fast)
  fast.activeRequests = 20
  assert.equal(balancer.pick('', null), slow)
  fast.activeRequests = 0
  now += 60_000
  balancer.answered(fast, 5)
  assert.equal(balancer.pick('', null), slow)
})

test('ewma rises at once to a slower answer and falls slowly', () => {
  let now = 0
  const one = endpoint('one')
  const balancer = create({ kind: 'ewma' }, { nowMs: () => now })
  balancer.setEndpoints([one])
  balancer.answered(one, 10)
  balancer.answered(one, 100)
  assert.equal(one.latencyMs, 100)
  now += 1000
  balancer.answered(one, 10)
  assert.ok(one.latencyMs > 90 && one.latencyMs < 95, String(one.latencyMs))
})

test('ewma keeps what it knows of endpoints that stay and takes new ones for average', () => {
  const [fast, slow, fresh] = [endpoint('fast'), endpoint('slow'), endpoint('fresh')]
  const balancer = create({ kind: 'ewma' })
  balancer.setEndpoints([fast, slow])
  balancer.answered(fast, 10)
  balancer.answered(slow, 30)
  balancer.setEndpoints([fresh, slow, fast])
  assert.deepEqual(
    [fast, slow, fresh].map(({ latencyMs }) => Math.round(latencyMs)),
    [10, 30, 20],
  )
})

test('a key stays with its endpoint while that may be chosen, and comes back to it', () => {
  const list = endpoints(10)
  const balancer = create({ kind: 'hash', key: '$request_uri' })
  balancer.setEndpoints(list)
  const first = balancer.pick('/cart', null)!
  for (let i = 0; i < 10; i++) assert.equal(balancer.pick('/cart', null), first)
  const second = balancer.pick('/cart', [first])
  assert.notEqual(second, first)
  assert.equal(balancer.pick('/cart', [first]), second)
  balancer.setEndpoints(list.toReversed())
  assert.equal(balancer.pick('/cart', null), first)
})

test('when an endpoint goes or comes, only keys of that endpoint move', () => {
  const keys = Array.from({ length: 2000 }, (_, index) => `/item/${index}`)
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 30 }), fc.nat(), (count, gone) => {
      const all = endpoints(count)
      const leaver = all[gone % count]!
      const before = new HashRing(all)
      const after = new HashRing(all.filter((item) => item !== leaver))
      let moved = 0
      for (const key of keys) {
        const home = before.find(key, null)
        if (home === leaver) moved++
        else assert.equal(after.find(key, null), home)
      }
      assert.ok(moved < (keys.length / count) * 2, `${moved} keys of one in ${count} endpoints moved`)
    }),
    { numRuns: 30 },
  )
})

test('a ring of very many endpoints is bounded and still finds each of them', () => {
  const list = Array.from({ length: 10_000 }, (_, index) => endpoint(`pod-${index}`))
  const ring = new HashRing(list)
  const found = new Set(Array.from({ length: 20_000 }, (_, index) => ring.find(`key ${index}`, null)))
  assert.ok(found.size > 5000, String(found.size))
})

test('subset hash keeps a key in its subset and uses all of it', () => {
  const list = endpoints(12)
  const balancer = create({ kind: 'subset-hash', key: '$host', size: 3 })
  balancer.setEndpoints(list)
  const subset = new Set(Array.from({ length: 200 }, () => balancer.pick('a.example', null)))
  assert.equal(subset.size, 3)
  const fewer = list.filter((item) => !subset.has(item)).slice(1)
  balancer.setEndpoints([...subset, ...fewer].filter((item) => item !== null))
  const after = new Set(Array.from({ length: 200 }, () => balancer.pick('a.example', null)))
  assert.deepEqual(after, subset)
})
