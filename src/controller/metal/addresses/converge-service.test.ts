/** What becomes of a Service, step by step; the cases are those that MetalLB's controller has, and ours. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAllocator } from '../../../metal/pools/allocator.ts'
import { toPools, toService } from '../../../metal/pools/testing/allocator-script.ts'
import { convergeService } from './converge-service.ts'

interface Case {
  readonly name: string
  readonly pools: string
  /** `NAME words [not-ours] [fault]` (see allocator-script), or `pools ...`; then the addresses and the reasons of Events. */
  readonly steps: readonly (readonly [string, string, ...string[]])[]
}

const POOL = 'lab 192.0.2.4/30'
const DUAL = 'lab 192.0.2.4/30 2001:db8::4/126'

const CASES: readonly Case[] = [
  {
    name: 'a simple one',
    pools: POOL,
    steps: [
      ['a', '192.0.2.4', 'IPAllocated'],
      ['a 192.0.2.4', '192.0.2.4'],
    ],
  },
  { name: 'one that is no load balancer and has nothing', pools: POOL, steps: [['a not-ours', '']] },
  {
    name: 'one that is no load balancer any more',
    pools: POOL,
    steps: [
      ['a', '192.0.2.4', 'IPAllocated'],
      ['a 192.0.2.4 not-ours', ''],
      ['b', '192.0.2.4', 'IPAllocated'],
    ],
  },
  { name: 'what is in .status is taken over', pools: POOL, steps: [['a 192.0.2.6', '192.0.2.6']] },
  {
    name: 'what is in .status and in no pool is replaced',
    pools: POOL,
    steps: [['a 203.0.113.1', '192.0.2.4', 'ClearAssignment', 'IPAllocated']],
  },
  {
    name: 'what is in .status and is no address is replaced',
    pools: POOL,
    steps: [['a nonsense', '192.0.2.4', 'ClearAssignment', 'IPAllocated']],
  },
  {
    name: 'what is in .status of two is kept by the first',
    pools: POOL,
    steps: [
      ['a 192.0.2.6', '192.0.2.6'],
      ['b 192.0.2.6', '192.0.2.4', 'ClearAssignment', 'IPAllocated'],
    ],
  },
  {
    name: 'memory is right where .status is not',
    pools: POOL,
    steps: [
      ['a', '192.0.2.4', 'IPAllocated'],
      ['a', '192.0.2.4'],
      ['a 192.0.2.7', '192.0.2.4'],
    ],
  },
  { name: 'without pools', pools: '', steps: [['a 192.0.2.4', '']] },
  { name: 'without a cluster IP', pools: POOL, steps: [['a 192.0.2.4 fam=', '']] },
  {
    name: 'a cluster IP that went',
    pools: POOL,
    steps: [
      ['a', '192.0.2.4', 'IPAllocated'],
      ['a 192.0.2.4 fam=', ''],
    ],
  },
  {
    name: 'an address of the other family',
    pools: DUAL,
    steps: [['a 2001:db8::4 fam=4', '192.0.2.4', 'ClearAssignment', 'IPAllocated']],
  },
  { name: 'a requested address', pools: POOL, steps: [['a want=192.0.2.6', '192.0.2.6', 'IPAllocated']] },
  {
    name: 'another address is requested',
    pools: POOL,
    steps: [
      ['a', '192.0.2.4', 'IPAllocated'],
      ['a 192.0.2.4 want=192.0.2.6', '192.0.2.6', 'ClearAssignment', 'IPAllocated'],
    ],
  },
  {
    name: 'another address is requested, that cannot be given',
    pools: POOL,
    steps: [
      ['a', '192.0.2.4', 'IPAllocated'],
      ['a 192.0.2.4 want=203.0.113.6', '', 'ClearAssignment', 'AllocationFailed'],
    ],
  },
  {
    name: 'the same address is requested',
    pools: POOL,
    steps: [
      ['a', '192.0.2.4', 'IPAllocated'],
      ['a 192.0.2.4 want=192.0.2.4', '192.0.2.4'],
    ],
  },
  {
    name: 'two requested in another order',
    pools: DUAL,
    steps: [
      ['a fam=46 want=2001:db8::4,192.0.2.4', '192.0.2.4,2001:db8::4', 'IPAllocated'],
      ['a 192.0.2.4 2001:db8::4 fam=46 want=2001:db8::4,192.0.2.4', '192.0.2.4,2001:db8::4'],
    ],
  },
  { name: 'what cannot be meant', pools: POOL, steps: [['a fault', '', 'LoadBalancerFailed']] },
  {
    name: 'what cannot be meant any more',
    pools: POOL,
    steps: [
      ['a', '192.0.2.4', 'IPAllocated'],
      ['a 192.0.2.4 fault', '', 'LoadBalancerFailed'],
    ],
  },
  {
    name: 'a requested pool',
    pools: `${POOL}; other 198.51.100.4/30`,
    steps: [['a pool=other', '198.51.100.4', 'IPAllocated']],
  },
  {
    name: 'another pool is requested',
    pools: `${POOL}; other 198.51.100.4/30`,
    steps: [
      ['a', '192.0.2.4', 'IPAllocated'],
      ['a 192.0.2.4 pool=other', '198.51.100.4', 'ClearAssignment', 'IPAllocated'],
    ],
  },
  { name: 'a pool that does not exist is requested', pools: POOL, steps: [['a pool=gone', '', 'AllocationFailed']] },
  {
    name: 'an address of another pool',
    pools: `${POOL}; other 198.51.100.4/30`,
    steps: [['a pool=other want=192.0.2.5', '', 'AllocationFailed']],
  },
  {
    name: 'no address is left, until one is freed',
    pools: 'lab 192.0.2.4/32',
    steps: [
      ['a', '192.0.2.4', 'IPAllocated'],
      ['b', '', 'AllocationFailed'],
      ['a 192.0.2.4 not-ours', ''],
      ['b', '192.0.2.4', 'IPAllocated'],
    ],
  },
  {
    name: 'both families required',
    pools: DUAL,
    steps: [['a fam=46 policy=require', '192.0.2.4,2001:db8::4', 'IPAllocated']],
  },
  {
    name: 'both families required, IPv6 first',
    pools: DUAL,
    steps: [['a fam=64 policy=require', '2001:db8::4,192.0.2.4', 'IPAllocated']],
  },
  {
    name: 'both families required, one in .status',
    pools: DUAL,
    steps: [['a 192.0.2.6 fam=46 policy=require', '192.0.2.4,2001:db8::4', 'ClearAssignment', 'IPAllocated']],
  },
  {
    name: 'both families required, one in the pool',
    pools: POOL,
    steps: [['a fam=46 policy=require', '', 'AllocationFailed']],
  },
  {
    name: 'both families preferred, one in the pool',
    pools: POOL,
    steps: [
      ['a fam=46 policy=prefer', '192.0.2.4', 'IPAllocated'],
      ['a 192.0.2.4 fam=46 policy=prefer', '192.0.2.4', 'AdditionalAssignFailed'],
    ],
  },
  {
    name: 'the second family comes',
    pools: POOL,
    steps: [
      ['a fam=46 policy=prefer', '192.0.2.4', 'IPAllocated'],
      ['pools lab 192.0.2.4/30 2001:db8::4/126', ''],
      ['a 192.0.2.4 fam=46 policy=prefer', '192.0.2.4,2001:db8::4', 'IPAllocated'],
    ],
  },
  {
    name: 'the second family goes',
    pools: DUAL,
    steps: [
      ['a fam=46 policy=prefer', '192.0.2.4,2001:db8::4', 'IPAllocated'],
      ['pools lab 192.0.2.4/30', 'default/a'],
      ['a 192.0.2.4 2001:db8::4 fam=46 policy=prefer', '192.0.2.4', 'ClearAssignment', 'IPAllocated'],
    ],
  },
  {
    name: 'the pool gets another name',
    pools: POOL,
    steps: [
      ['a', '192.0.2.4', 'IPAllocated'],
      ['pools other 192.0.2.0/24', ''],
      ['a 192.0.2.4', '192.0.2.4'],
    ],
  },
  {
    name: 'the pool goes to others',
    pools: POOL,
    steps: [
      ['a', '192.0.2.4', 'IPAllocated'],
      ['pools lab 192.0.2.4/30 ns=team; free 198.51.100.4/30', ''],
      ['a 192.0.2.4', '198.51.100.4', 'ClearAssignment', 'IPAllocated'],
    ],
  },
  {
    name: 'a pool for a namespace',
    pools: `${POOL}; team 198.51.100.4/30 ns=team`,
    steps: [
      ['a ns=team', '198.51.100.4', 'IPAllocated'],
      ['b', '192.0.2.4', 'IPAllocated'],
    ],
  },
  {
    name: 'a label that no longer fits',
    pools: `${POOL}; red 198.51.100.4/30 svc=team=red`,
    steps: [
      ['a labels=team=red', '198.51.100.4', 'IPAllocated'],
      ['a 198.51.100.4 labels=team=blue', '192.0.2.4', 'ClearAssignment', 'IPAllocated'],
    ],
  },
  {
    name: 'a better pool moves nobody',
    pools: POOL,
    steps: [
      ['a', '192.0.2.4', 'IPAllocated'],
      ['pools lab 192.0.2.4/30; best 198.51.100.4/30 prio=1', ''],
      ['a 192.0.2.4', '192.0.2.4'],
    ],
  },
  {
    name: 'sharing',
    pools: POOL,
    steps: [
      ['a key=k ports=TCP/80', '192.0.2.4', 'IPAllocated'],
      ['b key=k ports=TCP/81', '192.0.2.4', 'IPAllocated'],
      ['b 192.0.2.4 key=k ports=TCP/80', '192.0.2.5', 'ClearAssignment', 'IPAllocated'],
    ],
  },
  {
    name: 'an older view changes nothing',
    pools: POOL,
    steps: [
      ['a rv=9', '192.0.2.4', 'IPAllocated'],
      ['a rv=8 not-ours', 'stale'],
      ['a rv=8', 'stale'],
      ['a 192.0.2.4 rv=10', '192.0.2.4'],
    ],
  },
]

for (const { name, pools, steps } of CASES) {
  test(name, () => {
    const allocator = createAllocator(toPools(pools))
    const found = steps.map(([call]) => {
      const [key = '', ...words] = call.split(' ')
      if (key === 'pools') return [call, allocator.setPools(toPools(words.join(' '))).join()]
      const decision = convergeService(allocator, {
        service: toService(key, words),
        isOurs: !words.includes('not-ours'),
        fault: words.includes('fault') ? 'it cannot be meant' : null,
      })
      if (decision === null) return [call, 'stale']
      return [call, decision.addresses.join(), ...decision.events.map(({ reason }) => reason)]
    })
    assert.deepEqual(found, steps)
  })
}

test('both families required with one cluster IP is said, and nothing is given', () => {
  const allocator = createAllocator(toPools(DUAL))
  const service = { ...toService('a'), familyPolicy: 'RequireDualStack' as const }
  const decision = convergeService(allocator, { service, isOurs: true, fault: null })
  assert.deepEqual(decision?.addresses, [])
  assert.deepEqual(
    decision.events.map(({ reason }) => reason),
    ['NotEnoughClusterIPs'],
  )
})
