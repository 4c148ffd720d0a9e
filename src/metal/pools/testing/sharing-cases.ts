/** Who may have an address together. */
import type { Case } from './allocator-script.ts'

const TWO = 'one 192.0.2.4/30 2001:db8:1::4/126; two 198.51.100.4/30 2001:db8:2::4/126'
const FOUR = 'one 192.0.2.4/30'
const FOUR_DUAL = 'one 192.0.2.4/30 2001:db8:1::4/126'

export const SHARING_CASES: readonly Case[] = [
  {
    name: 'a sole owner may set a sharing key',
    pools: FOUR,
    steps: [
      'assign a 192.0.2.4 ports=TCP/80 -> 192.0.2.4',
      'assign a 192.0.2.4 ports=TCP/80 key=k -> 192.0.2.4',
      'assign b 192.0.2.4 ports=TCP/443 key=k -> 192.0.2.4',
      'counts one -> 4:1/3 6:0/0',
    ],
  },
  {
    name: 'the same port is refused',
    pools: FOUR,
    steps: ['assign a 192.0.2.4 ports=TCP/80 key=k -> 192.0.2.4', 'assign b 192.0.2.4 ports=TCP/80 key=k -> !port'],
  },
  {
    name: 'one port of several is enough to refuse',
    pools: FOUR,
    steps: [
      'assign a 192.0.2.4 ports=TCP/80,TCP/443 key=k -> 192.0.2.4',
      'assign b 192.0.2.4 ports=TCP/22,TCP/443 key=k -> !port',
    ],
  },
  {
    name: 'the same number of another protocol is another port',
    pools: FOUR,
    steps: ['assign a 192.0.2.4 ports=TCP/53 key=k -> 192.0.2.4', 'assign b 192.0.2.4 ports=UDP/53 key=k -> 192.0.2.4'],
  },
  {
    name: 'another sharing key is refused',
    pools: FOUR,
    steps: [
      'assign a 192.0.2.4 ports=TCP/80 key=k -> 192.0.2.4',
      'assign b 192.0.2.4 ports=TCP/443 key=l -> !sharing-key',
    ],
  },
  {
    name: 'no sharing key is refused',
    pools: FOUR,
    steps: ['assign a 192.0.2.4 ports=TCP/80 key=k -> 192.0.2.4', 'assign b 192.0.2.4 ports=TCP/443 -> !sharing-key'],
  },
  {
    name: 'an owner without a key shares with nobody',
    pools: FOUR,
    steps: ['assign a 192.0.2.4 ports=TCP/80 -> 192.0.2.4', 'assign b 192.0.2.4 ports=TCP/443 key=k -> !sharing-key'],
  },
  {
    name: 'an empty key is none',
    pools: FOUR,
    steps: [
      'assign a 192.0.2.4 ports=TCP/80 key= -> 192.0.2.4',
      'assign b 192.0.2.4 ports=TCP/443 key= -> !sharing-key',
    ],
  },
  {
    name: 'Local shares with Local of the same pods',
    pools: FOUR,
    steps: [
      'assign a 192.0.2.4 ports=TCP/80 key=k local=app=web -> 192.0.2.4',
      'assign b 192.0.2.4 ports=TCP/443 key=k local=app=web -> 192.0.2.4',
    ],
  },
  {
    name: 'Local does not share with Local of other pods',
    pools: FOUR,
    steps: [
      'assign a 192.0.2.4 ports=TCP/80 key=k local=app=web -> 192.0.2.4',
      'assign b 192.0.2.4 ports=TCP/443 key=k local=app=db -> !backend',
    ],
  },
  {
    name: 'Local does not share with Cluster',
    pools: FOUR,
    steps: [
      'assign a 192.0.2.4 ports=TCP/80 key=k -> 192.0.2.4',
      'assign b 192.0.2.4 ports=TCP/443 key=k local=app=web -> !backend',
    ],
  },
  {
    name: 'Cluster does not share with Local',
    pools: FOUR,
    steps: [
      'assign a 192.0.2.4 ports=TCP/80 key=k local=app=web -> 192.0.2.4',
      'assign b 192.0.2.4 ports=TCP/443 key=k -> !backend',
    ],
  },
  {
    name: 'Local without a selector shares with Cluster',
    pools: FOUR,
    steps: [
      'assign a 192.0.2.4 ports=TCP/80 key=k local= -> 192.0.2.4',
      'assign b 192.0.2.4 ports=TCP/443 key=k -> 192.0.2.4',
    ],
  },
  {
    name: 'ports may change while the address is shared',
    pools: FOUR,
    steps: [
      'assign a 192.0.2.4 ports=TCP/80 key=k -> 192.0.2.4',
      'assign b 192.0.2.4 ports=TCP/443 key=k -> 192.0.2.4',
      'assign b 192.0.2.4 ports=TCP/8443 key=k -> 192.0.2.4',
      'assign c 192.0.2.4 ports=TCP/443 key=k -> 192.0.2.4',
    ],
  },
  {
    name: 'ports may not change to those of another owner',
    pools: FOUR,
    steps: [
      'assign a 192.0.2.4 ports=TCP/80 key=k -> 192.0.2.4',
      'assign b 192.0.2.4 ports=TCP/443 key=k -> 192.0.2.4',
      'assign b 192.0.2.4 ports=TCP/80 key=k -> !port',
      'assign c 192.0.2.4 ports=TCP/443 key=k -> !port',
    ],
  },
  {
    name: 'the key may not change while the address is shared',
    pools: FOUR,
    steps: [
      'assign a 192.0.2.4 ports=TCP/80 key=k -> 192.0.2.4',
      'assign b 192.0.2.4 ports=TCP/443 key=k -> 192.0.2.4',
      'assign b 192.0.2.4 ports=TCP/443 key=l -> !sharing-key',
    ],
  },
  {
    name: 'the policy may not change while the address is shared',
    pools: FOUR,
    steps: [
      'assign a 192.0.2.4 ports=TCP/80 key=k -> 192.0.2.4',
      'assign b 192.0.2.4 ports=TCP/443 key=k -> 192.0.2.4',
      'assign b 192.0.2.4 ports=TCP/443 key=k local=app=web -> !backend',
    ],
  },
  {
    name: 'the key may change when the other owner has left',
    pools: FOUR,
    steps: [
      'assign a 192.0.2.4 ports=TCP/80 key=k -> 192.0.2.4',
      'assign b 192.0.2.4 ports=TCP/443 key=k -> 192.0.2.4',
      'release a -> freed',
      'assign b 192.0.2.4 ports=TCP/443 key=l local=app=x -> 192.0.2.4',
    ],
  },
  {
    name: 'a key that was changed is the one that counts',
    pools: FOUR,
    steps: [
      'assign a 192.0.2.4 ports=TCP/80 key=k -> 192.0.2.4',
      'assign a 192.0.2.4 ports=TCP/80 key=l -> 192.0.2.4',
      'allocate b ports=TCP/443 key=k -> 192.0.2.5',
      'allocate c ports=TCP/443 key=l -> 192.0.2.4',
    ],
  },
  {
    name: 'a shared address is free when the last owner has left',
    pools: FOUR,
    steps: [
      'assign a 192.0.2.4 ports=TCP/80 key=k -> 192.0.2.4',
      'assign b 192.0.2.4 ports=TCP/443 key=k -> 192.0.2.4',
      'release a -> freed',
      'counts one -> 4:1/3 6:0/0',
      'release b -> freed',
      'counts one -> 4:0/4 6:0/0',
      'assign c 192.0.2.4 ports=TCP/80 -> 192.0.2.4',
    ],
  },
  {
    name: 'both families are shared',
    pools: FOUR_DUAL,
    steps: [
      'assign a 192.0.2.4 2001:db8:1::4 fam=46 ports=TCP/80 key=k -> 192.0.2.4,2001:db8:1::4',
      'assign b 192.0.2.4 2001:db8:1::4 fam=46 ports=TCP/443 key=k -> 192.0.2.4,2001:db8:1::4',
      'assign c 192.0.2.4 2001:db8:1::4 fam=46 ports=TCP/443 key=k -> !port',
    ],
  },
  {
    name: 'one family may be shared by a Service that has just that one',
    pools: FOUR_DUAL,
    steps: [
      'assign a 192.0.2.4 2001:db8:1::4 fam=46 ports=TCP/80 key=k -> 192.0.2.4,2001:db8:1::4',
      'allocate b ports=TCP/443 key=k -> 192.0.2.4',
      'allocate c fam=6 ports=TCP/443 key=k -> 2001:db8:1::4',
    ],
  },
  {
    name: 'an address that can be shared is preferred to a lower free one',
    pools: FOUR,
    steps: ['assign a 192.0.2.6 ports=TCP/80 key=k -> 192.0.2.6', 'allocate b ports=TCP/443 key=k -> 192.0.2.6'],
  },
  {
    name: 'an address that can be shared is preferred also in a pool that comes later',
    pools: TWO,
    steps: [
      'assign a 198.51.100.6 ports=TCP/80 key=k -> 198.51.100.6',
      'allocate b ports=TCP/443 key=k -> 198.51.100.6',
    ],
  },
  {
    name: 'the lowest of several that can be shared is taken',
    pools: FOUR,
    steps: [
      'assign a 192.0.2.7 ports=TCP/80 key=k -> 192.0.2.7',
      'assign b 192.0.2.6 ports=TCP/80 key=k -> 192.0.2.6',
      'allocate c ports=TCP/443 key=k -> 192.0.2.6',
      'allocate d ports=TCP/443 key=k -> 192.0.2.7',
      'allocate e ports=TCP/443 key=k -> 192.0.2.4',
    ],
  },
  {
    name: 'a fresh one is taken where none can be shared',
    pools: FOUR,
    steps: [
      'allocate a ports=TCP/80 key=k -> 192.0.2.4',
      'allocate b ports=TCP/80 key=k -> 192.0.2.5',
      'allocate c ports=TCP/80 key=l -> 192.0.2.6',
    ],
  },
  {
    name: 'an exhausted pool still shares',
    pools: 'one 192.0.2.4/32',
    steps: [
      'allocate a ports=TCP/80 key=k -> 192.0.2.4',
      'allocate b ports=TCP/443 key=k -> 192.0.2.4',
      'allocate c ports=TCP/443 -> !full',
    ],
  },
  {
    name: 'an exhausted pool says which port is in the way',
    pools: 'one 192.0.2.4/32',
    steps: ['allocate a ports=TCP/80 key=k -> 192.0.2.4', 'allocate b ports=TCP/80 key=k -> !port'],
  },
  {
    name: 'another key in an exhausted pool finds nothing',
    pools: 'one 192.0.2.4/32',
    steps: ['allocate a ports=TCP/80 key=k -> 192.0.2.4', 'allocate b ports=TCP/443 key=l -> !full'],
  },
  {
    name: 'an exhausted IPv6 pool still shares',
    pools: 'one 2001:db8::4/128',
    steps: [
      'allocate a fam=6 ports=TCP/80 key=k -> 2001:db8::4',
      'allocate b fam=6 ports=TCP/443 key=k -> 2001:db8::4',
      'allocate c fam=6 ports=TCP/22 -> !full',
    ],
  },
  {
    name: 'an exhausted pool of both families still shares',
    pools: 'one 192.0.2.4/32 2001:db8::4/128',
    steps: [
      'allocate a fam=46 policy=require ports=TCP/80 key=k -> 192.0.2.4,2001:db8::4',
      'allocate b fam=46 policy=require ports=TCP/443 key=k -> 192.0.2.4,2001:db8::4',
      'allocate c fam=46 policy=require ports=TCP/22 -> !full',
    ],
  },
]
