/** Pools and how they are announced, good and bad. */
import type { ConfigCase } from './config-script.ts'

const A = 'IPAddressPool a {addresses: [192.0.2.0/24]}'
const B = 'IPAddressPool b {addresses: [198.51.100.0/24]}'
const SIX = 'IPAddressPool six {addresses: ["2001:db8::/64"]}'

export const POOL_CONFIG_CASES: readonly ConfigCase[] = [
  { name: 'nothing', objects: [], has: [] },
  { name: 'a CIDR', objects: [A], has: ['pool a 192.0.2.0/24'] },
  {
    name: 'a range',
    objects: ['IPAddressPool a {addresses: [192.0.2.10-192.0.2.20]}'],
    has: ['pool a 192.0.2.10-192.0.2.20'],
  },
  {
    name: 'a range with spaces',
    objects: ['IPAddressPool a {addresses: ["192.0.2.10 - 192.0.2.20"]}'],
    has: ['pool a 192.0.2.10-192.0.2.20'],
  },
  { name: 'an IPv6 CIDR', objects: [SIX], has: ['pool six 2001:db8::/64'] },
  {
    name: 'an IPv6 range',
    objects: ['IPAddressPool a {addresses: ["2001:db8::1-2001:db8::ff"]}'],
    has: ['pool a 2001:db8::1-2001:db8::ff'],
  },
  {
    name: 'both families',
    objects: ['IPAddressPool a {addresses: [192.0.2.0/24, "2001:db8::/64"]}'],
    has: ['pool a 192.0.2.0/24 2001:db8::/64'],
  },
  {
    name: 'a CIDR with bits behind its prefix',
    objects: ['IPAddressPool a {addresses: [192.0.2.7/24]}'],
    has: ['pool a 192.0.2.0/24'],
  },
  { name: 'one address', objects: ['IPAddressPool a {addresses: [192.0.2.7/32]}'], has: ['pool a 192.0.2.7/32'] },
  {
    name: 'autoAssign and avoidBuggyIPs',
    objects: ['IPAddressPool a {addresses: [192.0.2.0/24], autoAssign: false, avoidBuggyIPs: true}'],
    has: ['pool a 192.0.2.0/24 !auto buggy'],
  },
  {
    name: 'no addresses',
    objects: ['IPAddressPool a {addresses: []}'],
    findings: ['METAL_ADDRESSES a addresses'],
    lacks: ['pool'],
  },
  {
    name: 'addresses missing',
    objects: ['IPAddressPool a {autoAssign: true}'],
    findings: ['METAL_ADDRESSES a addresses'],
    lacks: ['pool'],
  },
  {
    name: 'a prefix that is too long',
    objects: ['IPAddressPool a {addresses: [192.0.2.0/33]}'],
    findings: ['METAL_ADDRESSES a addresses[0]'],
    lacks: ['pool'],
  },
  {
    name: 'an address without a prefix',
    objects: ['IPAddressPool a {addresses: [192.0.2.1]}'],
    findings: ['METAL_ADDRESSES a addresses[0]'],
    lacks: ['pool'],
  },
  {
    name: 'an address that is none',
    objects: ['IPAddressPool a {addresses: [192.0.2.300/32]}'],
    findings: ['METAL_ADDRESSES a addresses[0]'],
    lacks: ['pool'],
  },
  {
    name: 'a range with one end',
    objects: ['IPAddressPool a {addresses: [192.0.2.1-]}'],
    findings: ['METAL_ADDRESSES a addresses[0]'],
  },
  {
    name: 'a range with an end that is none',
    objects: ['IPAddressPool a {addresses: [192.0.2.1-20]}'],
    findings: ['METAL_ADDRESSES a addresses[0]'],
  },
  {
    name: 'a range of two families',
    objects: ['IPAddressPool a {addresses: ["192.0.2.1-2001:db8::1"]}'],
    findings: ['METAL_ADDRESSES a addresses[0]'],
  },
  {
    name: 'a range backwards',
    objects: ['IPAddressPool a {addresses: [192.0.2.20-192.0.2.10]}'],
    findings: ['METAL_RANGE_BACKWARDS a addresses[0]'],
    lacks: ['pool'],
  },
  {
    name: 'an IPv6 range backwards',
    objects: ['IPAddressPool a {addresses: ["2001:db8::2-2001:db8::1"]}'],
    findings: ['METAL_RANGE_BACKWARDS a addresses[0]'],
  },
  {
    name: 'each bad entry has its finding',
    objects: ['IPAddressPool a {addresses: [nonsense, 192.0.2.0/24, 192.0.2.9-192.0.2.1]}'],
    findings: ['METAL_ADDRESSES a addresses[0]', 'METAL_RANGE_BACKWARDS a addresses[2]'],
  },
  {
    name: 'a bad pool harms no other',
    objects: ['IPAddressPool a {addresses: [nonsense]}', B],
    findings: ['METAL_ADDRESSES a addresses[0]'],
    has: ['pool b 198.51.100.0/24'],
  },
  {
    name: 'an address twice in a pool',
    objects: ['IPAddressPool a {addresses: [192.0.2.0/24, 192.0.2.7/32]}'],
    findings: ['METAL_ADDRESS_TWICE a addresses[1]'],
    lacks: ['pool'],
  },
  {
    name: 'the same CIDR twice in a pool',
    objects: ['IPAddressPool a {addresses: [192.0.2.0/24, 192.0.2.0/24]}'],
    findings: ['METAL_ADDRESS_TWICE a addresses[1]'],
  },
  {
    name: 'a range within a CIDR of the same pool',
    objects: ['IPAddressPool a {addresses: [192.0.2.0/24, 192.0.2.250-192.0.3.5]}'],
    findings: ['METAL_ADDRESS_TWICE a addresses[1]'],
  },
  {
    name: 'two pools with the same CIDR',
    objects: [A, 'IPAddressPool b {addresses: [192.0.2.0/24]}'],
    findings: ['METAL_POOLS_OVERLAP b addresses[0]'],
    has: ['pool a 192.0.2.0/24'],
    lacks: ['pool b'],
  },
  {
    name: 'a pool within another',
    objects: [A, 'IPAddressPool b {addresses: [198.51.100.0/24, 192.0.2.128/25]}'],
    findings: ['METAL_POOLS_OVERLAP b addresses[1]'],
    lacks: ['pool b'],
  },
  {
    name: 'a pool around another',
    objects: [A, 'IPAddressPool b {addresses: [192.0.0.0/16]}'],
    findings: ['METAL_POOLS_OVERLAP b addresses[0]'],
  },
  {
    name: 'a pool around two others',
    objects: [
      'IPAddressPool a {addresses: [192.0.2.0/28, 192.0.2.64/28]}',
      'IPAddressPool b {addresses: [192.0.2.32-192.0.2.80]}',
    ],
    findings: ['METAL_POOLS_OVERLAP b addresses[0]'],
  },
  {
    name: 'the last address of one is the first of another',
    objects: [
      'IPAddressPool a {addresses: [192.0.2.1-192.0.2.10]}',
      'IPAddressPool b {addresses: [192.0.2.10-192.0.2.20]}',
    ],
    findings: ['METAL_POOLS_OVERLAP b addresses[0]'],
  },
  {
    name: 'neighbours',
    objects: [
      'IPAddressPool a {addresses: [192.0.2.1-192.0.2.9]}',
      'IPAddressPool b {addresses: [192.0.2.10-192.0.2.20]}',
    ],
    has: ['pool b 192.0.2.10-192.0.2.20'],
  },
  {
    name: 'families do not overlap',
    objects: ['IPAddressPool a {addresses: [0.0.0.0/0]}', 'IPAddressPool b {addresses: ["::/0"]}'],
    has: ['pool a 0.0.0.0/0', 'pool b ::/0'],
  },
  {
    name: 'the earlier one by name stays, whichever was written first',
    objects: ['IPAddressPool z {addresses: [192.0.2.0/24]}', A],
    findings: ['METAL_POOLS_OVERLAP z addresses[0]'],
    has: ['pool a 192.0.2.0/24'],
  },
  {
    name: 'an allocation with everything',
    objects: [
      'IPAddressPool a {addresses: [192.0.2.0/24], serviceAllocation: {priority: 5, namespaces: [shop], namespaceSelectors: [{matchLabels: {env: prod}}], serviceSelectors: [{matchExpressions: [{key: team, operator: In, values: [red]}]}]}}',
    ],
    has: ['pool a 192.0.2.0/24 prio=5 ns=shop nssel=env=prod svc=team:In:red'],
  },
  {
    name: 'an allocation with a priority alone',
    objects: ['IPAddressPool a {addresses: [192.0.2.0/24], serviceAllocation: {priority: 5}}'],
    has: ['pool a 192.0.2.0/24 prio=5'],
  },
  {
    name: 'pools go by priority, unset last, then by name',
    objects: [
      'IPAddressPool a {addresses: [192.0.2.0/24]}',
      'IPAddressPool b {addresses: [198.51.100.0/24], serviceAllocation: {priority: 9}}',
    ],
    has: ['pool b 198.51.100.0/24 prio=9', 'pool a 192.0.2.0/24'],
  },
  {
    name: 'a namespace twice',
    objects: ['IPAddressPool a {addresses: [192.0.2.0/24], serviceAllocation: {namespaces: [shop, shop]}}'],
    findings: ['METAL_DUPLICATE a serviceAllocation.namespaces[1]'],
    has: ['pool a 192.0.2.0/24 prio=0 ns=shop'],
  },
  {
    name: 'a negative priority',
    objects: ['IPAddressPool a {addresses: [192.0.2.0/24], serviceAllocation: {priority: -1}}'],
    findings: ['FIELD_VALUE a serviceAllocation.priority'],
  },
  {
    name: 'a bad namespace selector',
    objects: [
      'IPAddressPool a {addresses: [192.0.2.0/24], serviceAllocation: {namespaceSelectors: [{matchExpressions: [{key: env, operator: Is, values: [prod]}]}]}}',
    ],
    findings: ['METAL_SELECTOR a serviceAllocation.namespaceSelectors[0].matchExpressions[0].operator'],
    lacks: ['pool'],
  },
  {
    name: 'a bad service selector',
    objects: [
      'IPAddressPool a {addresses: [192.0.2.0/24], serviceAllocation: {serviceSelectors: [{matchExpressions: [{key: env, operator: In}]}]}}',
    ],
    findings: ['METAL_SELECTOR a serviceAllocation.serviceSelectors[0].matchExpressions[0].values'],
    lacks: ['pool'],
  },
  {
    name: 'a selector with values that it cannot have',
    objects: [
      'IPAddressPool a {addresses: [192.0.2.0/24], serviceAllocation: {serviceSelectors: [{matchExpressions: [{key: env, operator: Exists, values: [x]}]}]}}',
    ],
    findings: ['METAL_SELECTOR a serviceAllocation.serviceSelectors[0].matchExpressions[0].values'],
  },
  {
    name: 'an unknown field',
    objects: ['IPAddressPool a {addresses: [192.0.2.0/24], autoassign: true}'],
    findings: ['FIELD_UNKNOWN a autoassign'],
    has: ['pool a 192.0.2.0/24'],
  },
  {
    name: 'a pool in another namespace',
    objects: ['IPAddressPool default/a {addresses: [192.0.2.0/24]}'],
    findings: ['METAL_NAMESPACE a'],
    lacks: ['pool'],
  },
]
