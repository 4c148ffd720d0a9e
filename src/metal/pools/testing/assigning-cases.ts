/** Addresses that are given and refused by name. */
import type { Case } from './allocator-script.ts'

const TWO = 'one 192.0.2.4/30 2001:db8:1::4/126; two 198.51.100.4/30 2001:db8:2::4/126'
const FOUR = 'one 192.0.2.4/30'
const BUGGY = 'one 192.0.2.0/31 192.0.2.254/31 192.0.3.0/31 192.0.3.254/31 buggy'

export const ASSIGNING_CASES: readonly Case[] = [
  { name: 'an address of a pool is given', pools: TWO, steps: ['assign a 192.0.2.4 -> 192.0.2.4'] },
  { name: 'an IPv6 address of a pool is given', pools: TWO, steps: ['assign a 2001:db8:1::4 fam=6 -> 2001:db8:1::4'] },
  {
    name: 'both families of one pool are given in the order of the Service',
    pools: TWO,
    steps: ['assign a 192.0.2.4 2001:db8:1::4 fam=64 -> 2001:db8:1::4,192.0.2.4'],
  },
  {
    name: 'the same address again changes nothing',
    pools: TWO,
    steps: ['assign a 192.0.2.4 -> 192.0.2.4', 'assign a 192.0.2.4 -> 192.0.2.4', 'counts one -> 4:1/3 6:0/4'],
  },
  {
    name: 'an address that another Service has is not taken away',
    pools: TWO,
    steps: [
      'assign a 192.0.2.4 -> 192.0.2.4',
      'assign b 192.0.2.4 -> !sharing-key',
      'has a -> 192.0.2.4',
      'has b -> -',
    ],
  },
  {
    name: 'an IPv6 address that another Service has is not taken away',
    pools: TWO,
    steps: ['assign a 2001:db8:1::4 fam=6 -> 2001:db8:1::4', 'assign b 2001:db8:1::4 fam=6 -> !sharing-key'],
  },
  {
    name: 'one address of two that another Service has is enough to refuse both',
    pools: TWO,
    steps: [
      'assign a 192.0.2.4 2001:db8:1::4 fam=46 -> 192.0.2.4,2001:db8:1::4',
      'assign b 192.0.2.5 2001:db8:1::4 fam=46 -> !sharing-key',
      'has b -> -',
      'counts one -> 4:1/3 6:1/3',
    ],
  },
  {
    name: 'another address frees the one before',
    pools: TWO,
    steps: [
      'assign a 192.0.2.4 -> 192.0.2.4',
      'assign a 192.0.2.5 -> 192.0.2.5',
      'assign b 192.0.2.4 -> 192.0.2.4',
      'counts one -> 4:2/2 6:0/4',
    ],
  },
  {
    name: 'an address of another pool frees the one before',
    pools: TWO,
    steps: [
      'assign a 192.0.2.4 -> 192.0.2.4',
      'assign a 198.51.100.4 -> 198.51.100.4',
      'from a -> two',
      'counts one -> 4:0/4 6:0/4',
    ],
  },
  {
    name: 'another family frees the one before',
    pools: TWO,
    steps: [
      'assign a 192.0.2.4 -> 192.0.2.4',
      'assign a 2001:db8:1::4 fam=6 -> 2001:db8:1::4',
      'counts one -> 4:0/4 6:1/3',
    ],
  },
  {
    name: 'a refusal leaves what there was',
    pools: TWO,
    steps: ['assign a 192.0.2.4 -> 192.0.2.4', 'assign a 203.0.113.1 -> !pool', 'has a -> 192.0.2.4'],
  },
  { name: 'an address in no pool is refused', pools: TWO, steps: ['assign a 203.0.113.1 -> !pool'] },
  { name: 'an IPv6 address in no pool is refused', pools: TWO, steps: ['assign a 2001:db8:9::1 fam=6 -> !pool'] },
  { name: 'the address before a pool is not in it', pools: TWO, steps: ['assign a 192.0.2.3 -> !pool'] },
  { name: 'the address behind a pool is not in it', pools: TWO, steps: ['assign a 192.0.2.8 -> !pool'] },
  { name: 'what is no address is refused', pools: TWO, steps: ['assign a nonsense -> !format'] },
  { name: 'two addresses of one family are refused', pools: TWO, steps: ['assign a 192.0.2.4 192.0.2.5 -> !family'] },
  {
    name: 'both families may come from two pools',
    pools: TWO,
    steps: ['assign a 192.0.2.4 2001:db8:2::4 fam=46 -> 192.0.2.4,2001:db8:2::4', 'from a -> one,two'],
  },
  { name: 'IPv6 is written in one way', pools: TWO, steps: ['assign a 2001:DB8:1:0::0004 fam=6 -> 2001:db8:1::4'] },
  {
    name: 'a pool without autoAssign gives what is asked for',
    pools: 'one 192.0.2.4/30 !auto',
    steps: ['assign a 192.0.2.4 -> 192.0.2.4'],
  },
  {
    name: 'a freed address can be given again',
    pools: TWO,
    steps: [
      'assign a 192.0.2.4 -> 192.0.2.4',
      'release a -> freed',
      'assign b 192.0.2.4 -> 192.0.2.4',
      'release a -> -',
    ],
  },
  { name: 'freeing nothing is no mistake', pools: TWO, steps: ['release a -> -'] },
  {
    name: 'an address that ends in .0 is refused where it is avoided',
    pools: BUGGY,
    steps: ['assign a 192.0.2.0 -> !buggy'],
  },
  {
    name: 'an address that ends in .255 is refused where it is avoided',
    pools: BUGGY,
    steps: ['assign a 192.0.2.255 -> !buggy'],
  },
  {
    name: 'its neighbours are not',
    pools: BUGGY,
    steps: ['assign a 192.0.2.1 -> 192.0.2.1', 'assign b 192.0.3.254 -> 192.0.3.254'],
  },
  {
    name: 'an address that ends in .0 is given elsewhere',
    pools: 'one 192.0.2.0/24',
    steps: ['allocate a -> 192.0.2.0'],
  },
  {
    name: 'IPv6 addresses that end in 00 are not avoided',
    pools: 'one 2001:db8::/120 buggy',
    steps: ['allocate a fam=6 -> 2001:db8::'],
  },
]

export const REQUESTS_CASES: readonly Case[] = [
  { name: 'a requested address', pools: TWO, steps: ['allocate a want=192.0.2.6 -> 192.0.2.6'] },
  { name: 'a requested IPv6 address', pools: TWO, steps: ['allocate a fam=6 want=2001:db8:2::6 -> 2001:db8:2::6'] },
  {
    name: 'two requested addresses in any order',
    pools: TWO,
    steps: ['allocate a fam=46 policy=require want=2001:db8:1::6,192.0.2.6 -> 192.0.2.6,2001:db8:1::6'],
  },
  {
    name: 'two requested addresses of two pools',
    pools: TWO,
    steps: ['allocate a fam=46 policy=require want=192.0.2.6,2001:db8:2::6 -> 192.0.2.6,2001:db8:2::6'],
  },
  { name: 'a requested address in no pool', pools: TWO, steps: ['allocate a want=203.0.113.6 -> !pool'] },
  { name: 'a requested text that is no address', pools: TWO, steps: ['allocate a want=please -> !format'] },
  { name: 'a requested address of the other family', pools: TWO, steps: ['allocate a want=2001:db8:1::6 -> !family'] },
  {
    name: 'one requested address for two families',
    pools: TWO,
    steps: ['allocate a fam=46 policy=require want=192.0.2.6 -> !family'],
  },
  {
    name: 'two requested addresses for one family',
    pools: TWO,
    steps: ['allocate a want=192.0.2.6,2001:db8:1::6 -> !family'],
  },
  {
    name: 'two requested addresses of one family',
    pools: TWO,
    steps: ['allocate a fam=46 want=192.0.2.5,192.0.2.6 -> !family'],
  },
  {
    name: 'a requested address that somebody has',
    pools: TWO,
    steps: ['allocate a want=192.0.2.6 -> 192.0.2.6', 'allocate b want=192.0.2.6 -> !sharing-key'],
  },
  {
    name: 'a requested address that can be shared',
    pools: TWO,
    steps: [
      'allocate a want=192.0.2.6 ports=TCP/80 key=k -> 192.0.2.6',
      'allocate b want=192.0.2.6 ports=TCP/81 key=k -> 192.0.2.6',
    ],
  },
  { name: 'a requested address that is avoided', pools: BUGGY, steps: ['allocate a want=192.0.2.0 -> !buggy'] },
  {
    name: 'a requested address of a pool without autoAssign',
    pools: 'one 192.0.2.4/30 !auto',
    steps: ['allocate a want=192.0.2.5 -> 192.0.2.5'],
  },
  { name: 'a requested pool', pools: TWO, steps: ['allocate a pool=two -> 198.51.100.4', 'from a -> two'] },
  {
    name: 'a requested pool and an address of it',
    pools: TWO,
    steps: ['allocate a pool=two want=198.51.100.6 -> 198.51.100.6'],
  },
  {
    name: 'a requested pool and an address of another',
    pools: TWO,
    steps: ['allocate a pool=one want=198.51.100.6 -> !pool'],
  },
  { name: 'a requested pool that does not exist', pools: TWO, steps: ['allocate a pool=three -> !pool'] },
  {
    name: 'a requested pool without autoAssign',
    pools: 'one 192.0.2.4/30; two 198.51.100.4/30 !auto',
    steps: ['allocate a pool=two -> 198.51.100.4'],
  },
  { name: 'a requested pool that has the other family', pools: FOUR, steps: ['allocate a fam=6 pool=one -> !family'] },
  {
    name: 'both families of a requested pool that has one',
    pools: FOUR,
    steps: [
      'allocate a fam=46 policy=require pool=one -> !family',
      'allocate b fam=46 policy=prefer pool=one -> 192.0.2.4',
    ],
  },
  {
    name: 'a requested pool for other namespaces',
    pools: 'one 192.0.2.4/30 ns=team',
    steps: ['allocate a pool=one -> !selector', 'allocate b ns=team pool=one -> 192.0.2.4'],
  },
  {
    name: 'a requested pool whose namespace selector matches nobody is for nobody',
    pools: 'one 192.0.2.4/30 nssel=env=none',
    steps: ['allocate a pool=one -> !selector'],
  },
  {
    name: 'a requested address of a pool for other namespaces',
    pools: 'one 192.0.2.4/30 ns=team',
    steps: ['allocate a want=192.0.2.4 -> !selector'],
  },
]
