/** Which address is given to those who ask for none. */
import type { Case } from './allocator-script.ts'

const FOUR = 'one 192.0.2.4/30'
const FOUR_V6 = 'one 2001:db8:1::4/126'
const FOUR_DUAL = 'one 192.0.2.4/30 2001:db8:1::4/126'
const BUGGY = 'one 192.0.2.0/31 192.0.2.254/31 192.0.3.0/31 192.0.3.254/31 buggy'

/** Fills a pool of four, is refused, frees one, and gets that one. */
function exhaust(name: string, pools: string, words: string, addresses: readonly string[]): Case {
  return {
    name: `${name}: four are given, the fifth is refused until one is freed`,
    pools,
    steps: [
      ...addresses.map((address, index) => `allocate s${index} ${words} -> ${address}`),
      `allocate s4 ${words} -> !full`,
      'release s1 -> freed',
      `allocate s4 ${words} -> ${addresses[1]}`,
      `allocate s1 ${words} -> !full`,
      `allocate s0 ${words} -> ${addresses[0]}`,
    ],
  }
}

const V4 = [4, 5, 6, 7].map((end) => `192.0.2.${end}`)
const V6 = [4, 5, 6, 7].map((end) => `2001:db8:1::${end}`)
const BOTH = V4.map((address, index) => `${address},${V6[index]}`)
const BOTH_SWAPPED = V4.map((address, index) => `${V6[index]},${address}`)

export const EXHAUSTION_CASES: readonly Case[] = [
  exhaust('IPv4', FOUR, 'fam=4', V4),
  exhaust('IPv6', FOUR_V6, 'fam=6', V6),
  exhaust('both required', FOUR_DUAL, 'fam=46 policy=require', BOTH),
  exhaust('both preferred', FOUR_DUAL, 'fam=46 policy=prefer', BOTH),
  exhaust('both, IPv6 first', FOUR_DUAL, 'fam=64 policy=require', BOTH_SWAPPED),
  exhaust('by name of the pool', FOUR, 'pool=one', V4),
  exhaust('by name of a pool without autoAssign', 'one 192.0.2.4/30 !auto', 'pool=one', V4),
  exhaust('a range', 'one 192.0.2.4-192.0.2.7', 'fam=4', V4),
  exhaust('two ranges', 'one 192.0.2.4/31 192.0.2.6/31', 'fam=4', V4),
  exhaust('two pools', 'one 192.0.2.4/31; two 192.0.2.6/31', 'fam=4', V4),
  {
    name: 'four /31 at the ends of two /24 have four usable addresses where .0 and .255 are avoided',
    pools: BUGGY,
    steps: [
      'allocate a -> 192.0.2.1',
      'allocate b -> 192.0.2.254',
      'allocate c -> 192.0.3.1',
      'allocate d -> 192.0.3.254',
      'allocate e -> !full',
    ],
  },
  {
    name: 'addresses go in the order in which ranges were written',
    pools: 'one 192.0.2.8/32 192.0.2.4/32',
    steps: ['allocate a -> 192.0.2.8', 'allocate b -> 192.0.2.4'],
  },
  {
    name: 'pools go by name',
    pools: 'b 192.0.2.0/32; a 192.0.2.1/32',
    steps: ['allocate x -> 192.0.2.1', 'allocate y -> 192.0.2.0'],
  },
  {
    name: 'a Service of one family skips pools of the other',
    pools: 'a 2001:db8::/126; b 192.0.2.4/30',
    steps: ['allocate x -> 192.0.2.4', 'allocate y fam=6 -> 2001:db8::'],
  },
  { name: 'no pool has the family', pools: FOUR, steps: ['allocate a fam=6 -> !family'] },
  { name: 'there is no pool at all', pools: '', steps: ['allocate a -> !pool'] },
  {
    name: 'asking again gives what is there',
    pools: FOUR,
    steps: ['allocate a -> 192.0.2.4', 'allocate a -> 192.0.2.4', 'counts one -> 4:1/3 6:0/0'],
  },
]

export const SELECTED_CASES: readonly Case[] = [
  {
    name: 'a pool without autoAssign is never chosen',
    pools: 'one 192.0.2.4/30 !auto; two 198.51.100.4/32',
    steps: ['allocate a -> 198.51.100.4', 'allocate b -> !full'],
  },
  { name: 'a pool without autoAssign alone', pools: 'one 192.0.2.4/30 !auto', steps: ['allocate a -> !auto-assign'] },
  {
    name: 'a pool for a namespace goes first',
    pools: 'a 192.0.2.4/30; b 198.51.100.4/30 ns=team',
    steps: ['allocate x ns=team -> 198.51.100.4', 'allocate y -> 192.0.2.4'],
  },
  {
    name: 'a pool for a namespace goes to nobody else',
    pools: 'b 198.51.100.4/30 ns=team,other',
    steps: ['allocate y -> !selector', 'allocate z ns=other -> 198.51.100.4'],
  },
  {
    name: 'a pool for a namespace without autoAssign is not chosen',
    pools: 'a 192.0.2.4/30; b 198.51.100.4/30 ns=team !auto',
    steps: ['allocate x ns=team -> 192.0.2.4'],
  },
  {
    name: 'a pool for namespaces with a label',
    pools: 'a 192.0.2.4/30; b 198.51.100.4/30 nssel=env=prod',
    steps: ['allocate x ns=t nslabels=env=prod -> 198.51.100.4', 'allocate y ns=u nslabels=env=dev -> 192.0.2.4'],
  },
  {
    name: 'names and labels of namespaces are alternatives',
    pools: 'b 198.51.100.4/30 ns=named nssel=env=prod',
    steps: [
      'allocate x ns=named -> 198.51.100.4',
      'allocate y ns=other nslabels=env=prod -> 198.51.100.5',
      'allocate z ns=other -> !selector',
    ],
  },
  {
    name: 'a pool for Services with a label',
    pools: 'a 192.0.2.4/30; b 198.51.100.4/30 svc=team=red',
    steps: [
      'allocate x labels=team=red -> 198.51.100.4',
      'allocate y labels=team=blue -> 192.0.2.4',
      'allocate z -> 192.0.2.5',
    ],
  },
  {
    name: 'selectors of Services are alternatives',
    pools: 'b 198.51.100.4/30 svc=team=red|team=blue',
    steps: [
      'allocate x labels=team=red -> 198.51.100.4',
      'allocate y labels=team=blue -> 198.51.100.5',
      'allocate z labels=team=green -> !selector',
    ],
  },
  {
    name: 'all labels of one selector must match',
    pools: 'b 198.51.100.4/30 svc=team=red,tier=web',
    steps: ['allocate x labels=team=red -> !selector', 'allocate y labels=team=red,tier=web -> 198.51.100.4'],
  },
  {
    name: 'namespace and label must both match',
    pools: 'a 192.0.2.4/30; b 198.51.100.4/30 ns=team svc=team=red',
    steps: [
      'allocate x ns=team labels=team=red -> 198.51.100.4',
      'allocate y ns=team -> 192.0.2.4',
      'allocate z labels=team=red -> 192.0.2.5',
    ],
  },
  {
    name: 'an exhausted pool of a namespace gives way to the others',
    pools: 'a 192.0.2.4/30; b 198.51.100.4/32 ns=team',
    steps: ['allocate x ns=team -> 198.51.100.4', 'allocate y ns=team -> 192.0.2.4'],
  },
  {
    name: 'smaller priorities go first',
    pools: 'a 192.0.2.4/32 prio=20; b 198.51.100.4/32 prio=10',
    steps: ['allocate x -> 198.51.100.4', 'allocate y -> 192.0.2.4'],
  },
  {
    name: 'no priority goes last',
    pools: 'a 192.0.2.4/32 ns=default; b 198.51.100.4/32 prio=1000',
    steps: ['allocate x -> 198.51.100.4', 'allocate y -> 192.0.2.4'],
  },
  {
    name: 'equal priorities go by name',
    pools: 'b 192.0.2.4/32 prio=5; a 198.51.100.4/32 prio=5',
    steps: ['allocate x -> 198.51.100.4'],
  },
  {
    name: 'a pool with nothing but a priority is for everybody, before those without',
    pools: 'a 192.0.2.4/30; b 198.51.100.4/30 prio=90',
    steps: ['allocate x -> 198.51.100.4'],
  },
  {
    name: 'an address of a pool that is no longer for a Service is not confirmed',
    pools: 'one 192.0.2.4/30',
    steps: ['allocate a -> 192.0.2.4', 'pools one 192.0.2.4/30 ns=team -> -', 'assign a 192.0.2.4 -> !selector'],
  },
]

const SPLIT = 'a 192.0.2.4/31; b 2001:db8:1::4/127'

export const DUAL_CASES: readonly Case[] = [
  {
    name: 'a pool that has both goes before one that has one',
    pools: 'a 192.0.2.4/30; b 198.51.100.4/30 2001:db8::4/126',
    steps: ['allocate x fam=46 policy=prefer -> 198.51.100.4,2001:db8::4'],
  },
  {
    name: 'both from two pools where none has both',
    pools: SPLIT,
    steps: [
      'allocate x fam=46 policy=require -> 192.0.2.4,2001:db8:1::4',
      'from x -> a,b',
      'allocate y fam=64 policy=prefer -> 2001:db8:1::5,192.0.2.5',
    ],
  },
  { name: 'both required, one is there', pools: FOUR, steps: ['allocate x fam=46 policy=require -> !family'] },
  { name: 'both preferred, the first is there', pools: FOUR, steps: ['allocate x fam=46 policy=prefer -> 192.0.2.4'] },
  {
    name: 'both preferred, the second is there',
    pools: FOUR_V6,
    steps: ['allocate x fam=46 policy=prefer -> 2001:db8:1::4'],
  },
  {
    name: 'both preferred, IPv6 first, only IPv4 is there',
    pools: FOUR,
    steps: ['allocate x fam=64 policy=prefer -> 192.0.2.4'],
  },
  {
    name: 'both preferred, one exhausted',
    pools: 'one 192.0.2.4/30 2001:db8::4/128',
    steps: [
      'allocate x fam=46 policy=prefer -> 192.0.2.4,2001:db8::4',
      'allocate y fam=46 policy=prefer -> 192.0.2.5',
      'allocate z fam=46 policy=require -> !full',
    ],
  },
  {
    name: 'both preferred, all exhausted',
    pools: 'one 192.0.2.4/32 2001:db8::4/128',
    steps: ['allocate x fam=46 policy=prefer -> 192.0.2.4,2001:db8::4', 'allocate y fam=46 policy=prefer -> !full'],
  },
  {
    name: 'a pool that is meant for the Service gives its family, another the other',
    pools: 'a 192.0.2.4/30 2001:db8::4/126; b 198.51.100.4/30 ns=default',
    steps: ['allocate x fam=46 policy=require -> 198.51.100.4,2001:db8::4'],
  },
  {
    name: 'the second address is added from the same pool',
    pools: FOUR,
    steps: [
      'allocate x fam=46 policy=prefer -> 192.0.2.4',
      'pools a 2001:db8:9::4/126; one 192.0.2.4/30 2001:db8:1::4/126 -> -',
      'complete x fam=46 policy=prefer -> 192.0.2.4,2001:db8:1::4',
    ],
  },
  {
    name: 'the second address is added from another pool',
    pools: FOUR,
    steps: [
      'allocate x fam=46 policy=prefer -> 192.0.2.4',
      'pools one 192.0.2.4/30; two 2001:db8:1::4/126 -> -',
      'complete x fam=46 policy=prefer -> 192.0.2.4,2001:db8:1::4',
    ],
  },
  {
    name: 'the second address cannot be added',
    pools: FOUR,
    steps: [
      'allocate x fam=46 policy=prefer -> 192.0.2.4',
      'complete x fam=46 policy=prefer -> !family',
      'has x -> 192.0.2.4',
    ],
  },
]
