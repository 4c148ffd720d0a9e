/** Pools that change, and what is counted of them. */
import type { Case } from './allocator-script.ts'

const TWO = 'one 192.0.2.4/30 2001:db8:1::4/126; two 198.51.100.4/30 2001:db8:2::4/126'
const FOUR = 'one 192.0.2.4/30'
const FOUR_V6 = 'one 2001:db8:1::4/126'
const FOUR_DUAL = 'one 192.0.2.4/30 2001:db8:1::4/126'

export const CHANGES_CASES: readonly Case[] = [
  {
    name: 'the same pools again',
    pools: FOUR,
    steps: [
      'allocate a -> 192.0.2.4',
      'pools one 192.0.2.4/30 -> -',
      'has a -> 192.0.2.4',
      'counts one -> 4:1/3 6:0/0',
    ],
  },
  {
    name: 'a pool grows',
    pools: FOUR,
    steps: [
      'assign a 192.0.2.5 -> 192.0.2.5',
      'pools one 192.0.2.0/29 -> -',
      'has a -> 192.0.2.5',
      'allocate b -> 192.0.2.0',
      'counts one -> 4:2/6 6:0/0',
    ],
  },
  {
    name: 'a pool shrinks beside an address',
    pools: FOUR,
    steps: [
      'assign a 192.0.2.4 -> 192.0.2.4',
      'pools one 192.0.2.4/31 -> -',
      'has a -> 192.0.2.4',
      'counts one -> 4:1/1 6:0/0',
    ],
  },
  {
    name: 'a pool shrinks past an address',
    pools: FOUR,
    steps: [
      'assign a 192.0.2.7 -> 192.0.2.7',
      'pools one 192.0.2.4/31 -> default/a',
      'has a -> -',
      'counts one -> 4:0/2 6:0/0',
    ],
  },
  {
    name: 'an IPv6 pool shrinks past an address',
    pools: FOUR_V6,
    steps: ['assign a 2001:db8:1::7 fam=6 -> 2001:db8:1::7', 'pools one 2001:db8:1::4/127 -> default/a', 'has a -> -'],
  },
  {
    name: 'one family goes: both addresses go',
    pools: FOUR_DUAL,
    steps: [
      'allocate a fam=46 -> 192.0.2.4,2001:db8:1::4',
      'pools one 192.0.2.4/30 -> default/a',
      'counts one -> 4:0/4 6:0/0',
    ],
  },
  {
    name: 'a pool gets another name',
    pools: FOUR,
    steps: ['allocate a -> 192.0.2.4', 'pools other 192.0.2.4/30 -> -', 'from a -> other'],
  },
  {
    name: 'a pool is split',
    pools: FOUR,
    steps: [
      'allocate a -> 192.0.2.4',
      'assign b 192.0.2.7 -> 192.0.2.7',
      'pools low 192.0.2.4/31; high 192.0.2.6/31 -> -',
      'from a -> low',
      'from b -> high',
    ],
  },
  {
    name: 'the families of a pool are split',
    pools: FOUR_DUAL,
    steps: [
      'allocate a fam=46 -> 192.0.2.4,2001:db8:1::4',
      'pools x 192.0.2.4/30; y 2001:db8:1::4/126 -> -',
      'from a -> x,y',
    ],
  },
  {
    name: 'pools are joined',
    pools: TWO,
    steps: [
      'assign a 192.0.2.5 -> 192.0.2.5',
      'assign b 198.51.100.5 -> 198.51.100.5',
      'pools all 192.0.2.0/24 198.51.100.0/24 -> -',
      'counts all -> 4:2/510 6:0/0',
    ],
  },
  {
    name: 'avoiding .0 is turned on',
    pools: 'one 192.0.2.0/30',
    steps: [
      'allocate a -> 192.0.2.0',
      'allocate b -> 192.0.2.1',
      'pools one 192.0.2.0/30 buggy -> default/a',
      'has b -> 192.0.2.1',
      'allocate a -> 192.0.2.2',
    ],
  },
  {
    name: 'all pools go',
    pools: FOUR,
    steps: [
      'allocate a -> 192.0.2.4',
      'allocate b -> 192.0.2.5',
      'pools  -> default/a,default/b',
      'allocate a -> !pool',
    ],
  },
  {
    name: 'a shared address stays shared',
    pools: FOUR,
    steps: [
      'allocate a ports=TCP/80 key=k -> 192.0.2.4',
      'allocate b ports=TCP/81 key=k -> 192.0.2.4',
      'pools new 192.0.2.0/24 -> -',
      'allocate c ports=TCP/80 key=k -> 192.0.2.0',
      'allocate d ports=TCP/82 key=k -> 192.0.2.0',
      'counts new -> 4:2/254 6:0/0',
    ],
  },
  {
    name: 'a better pool moves nobody',
    pools: 'one 192.0.2.4/30',
    steps: [
      'allocate a -> 192.0.2.4',
      'pools one 192.0.2.4/30; best 198.51.100.4/30 prio=1 -> -',
      'has a -> 192.0.2.4',
      'allocate b -> 198.51.100.4',
    ],
  },
  {
    name: 'what an older view says is not taken back',
    pools: FOUR,
    steps: [
      'assign a 192.0.2.4 rv=100 -> 192.0.2.4',
      'release a rv=99 -> -',
      'assign a 192.0.2.5 rv=99 -> 192.0.2.4',
      'release a rv=101 -> freed',
    ],
  },
  {
    name: 'versions are compared as numbers',
    pools: FOUR,
    steps: ['assign a 192.0.2.4 rv=1000 -> 192.0.2.4', 'release a rv=999 -> -', 'release a rv=10000 -> freed'],
  },
]

export const COUNTS_CASES: readonly Case[] = [
  { name: 'a /24 has 256', pools: 'p 192.0.2.0/24', steps: ['counts p -> 4:0/256 6:0/0'] },
  { name: 'a /24 has 254 without .0 and .255', pools: 'p 192.0.2.0/24 buggy', steps: ['counts p -> 4:0/254 6:0/0'] },
  {
    name: 'two /24 have 508 without theirs',
    pools: 'p 192.0.2.0/24 198.51.100.0/24 buggy',
    steps: ['counts p -> 4:0/508 6:0/0'],
  },
  { name: 'a /23 has 508 without theirs', pools: 'p 192.0.2.0/23 buggy', steps: ['counts p -> 4:0/508 6:0/0'] },
  { name: 'a /25 at the beginning loses one', pools: 'p 192.0.2.0/25 buggy', steps: ['counts p -> 4:0/127 6:0/0'] },
  { name: 'a /25 at the end loses one', pools: 'p 192.0.2.128/25 buggy', steps: ['counts p -> 4:0/127 6:0/0'] },
  {
    name: 'a range in the middle loses none',
    pools: 'p 192.0.2.10-192.0.2.20 buggy',
    steps: ['counts p -> 4:0/11 6:0/0'],
  },
  {
    name: 'a range over an edge loses two',
    pools: 'p 192.0.2.250-192.0.3.5 buggy',
    steps: ['counts p -> 4:0/10 6:0/0'],
  },
  { name: 'a single address', pools: 'p 192.0.2.5/32', steps: ['counts p -> 4:0/1 6:0/0'] },
  { name: 'a /8', pools: 'p 10.0.0.0/8', steps: ['counts p -> 4:0/16777216 6:0/0'] },
  { name: 'everything that is IPv4', pools: 'p 0.0.0.0/0 buggy', steps: ['counts p -> 4:0/4261412864 6:0/0'] },
  { name: 'a /120 of IPv6', pools: 'p 2001:db8::/120', steps: ['counts p -> 4:0/0 6:0/256'] },
  {
    name: 'a /64 counts as the largest number',
    pools: 'p 2001:db8::/64',
    steps: [
      'counts p -> 4:0/0 6:0/9223372036854775807',
      'allocate a fam=6 -> 2001:db8::',
      'counts p -> 4:0/0 6:1/9223372036854775807',
    ],
  },
  {
    name: 'two /65 count as the largest number together',
    pools: 'p 2001:db8::/65 2001:db8:0:0:8000::/65',
    steps: ['counts p -> 4:0/0 6:0/9223372036854775807'],
  },
  {
    name: 'a shared address counts once',
    pools: 'p 192.0.2.0/24',
    steps: [
      'allocate a ports=TCP/1 key=k -> 192.0.2.0',
      'allocate b ports=TCP/2 key=k -> 192.0.2.0',
      'counts p -> 4:1/255 6:0/0',
      'release a -> freed',
      'counts p -> 4:1/255 6:0/0',
      'release b -> freed',
      'counts p -> 4:0/256 6:0/0',
    ],
  },
  {
    name: 'both addresses of a Service count',
    pools: FOUR_DUAL,
    steps: ['allocate a fam=46 -> 192.0.2.4,2001:db8:1::4', 'counts one -> 4:1/3 6:1/3'],
  },
]
