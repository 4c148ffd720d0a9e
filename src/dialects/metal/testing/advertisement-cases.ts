/** How pools are announced, good and bad. */
import type { ConfigCase } from './config-script.ts'

const A = 'IPAddressPool a {addresses: [192.0.2.0/24]}'
const B = 'IPAddressPool b {addresses: [198.51.100.0/24]}'
const SIX = 'IPAddressPool six {addresses: ["2001:db8::/64"]}'

export const ADVERTISEMENT_CONFIG_CASES: readonly ConfigCase[] = [
  { name: 'all pools where none is named', objects: [A, B, 'L2Advertisement l'], has: ['l2 l pools=a,b'] },
  { name: 'pools by name', objects: [A, B, 'L2Advertisement l {ipAddressPools: [b]}'], has: ['l2 l pools=b'] },
  {
    name: 'pools by label',
    objects: [
      'IPAddressPool a {labels: {tier: x}, addresses: [192.0.2.0/24]}',
      B,
      'L2Advertisement l {ipAddressPoolSelectors: [{matchLabels: {tier: x}}]}',
    ],
    has: ['l2 l pools=a'],
  },
  {
    name: 'pools by name and by label',
    objects: [
      'IPAddressPool a {labels: {tier: x}, addresses: [192.0.2.0/24]}',
      B,
      SIX,
      'L2Advertisement l {ipAddressPools: [b], ipAddressPoolSelectors: [{matchLabels: {tier: x}}]}',
    ],
    has: ['l2 l pools=a,b'],
  },
  {
    name: 'a label that no pool has selects none',
    objects: [A, 'L2Advertisement l {ipAddressPoolSelectors: [{matchLabels: {tier: y}}]}'],
    has: ['l2 l pools='],
  },
  {
    name: 'a pool that does not exist',
    objects: [A, 'L2Advertisement l {ipAddressPools: [a, gone]}'],
    findings: ['METAL_REFERENCE l ipAddressPools[1]'],
    has: ['l2 l pools=a'],
  },
  {
    name: 'a pool that is left out exists',
    objects: ['IPAddressPool a {addresses: [x]}', 'L2Advertisement l {ipAddressPools: [a]}'],
    findings: ['METAL_ADDRESSES a addresses[0]'],
    has: ['l2 l pools='],
  },
  {
    name: 'nodes, interfaces and Services',
    objects: [
      A,
      'L2Advertisement l {nodeSelectors: [{matchLabels: {rack: a}}], interfaces: [eth0, eth1], serviceSelectors: [{matchLabels: {x: y}}]}',
    ],
    has: ['l2 l pools=a node=rack=a if=eth0 if=eth1 svc=x=y'],
  },
  {
    name: 'preferred nodes',
    objects: [A, 'L2Advertisement l {preferredNodeSelectors: [{weight: 100, preference: {matchLabels: {rack: a}}}]}'],
    has: ['l2 l pools=a prefer=100:rack=a'],
  },
  {
    name: 'a weight of nothing',
    objects: [A, 'L2Advertisement l {preferredNodeSelectors: [{weight: 0, preference: {}}]}'],
    findings: ['METAL_SELECTOR l preferredNodeSelectors[0].weight'],
    lacks: ['l2'],
  },
  {
    name: 'a weight above 100',
    objects: [A, 'L2Advertisement l {preferredNodeSelectors: [{weight: 101, preference: {}}]}'],
    findings: ['METAL_SELECTOR l preferredNodeSelectors[0].weight'],
  },
  {
    name: 'a bad preference',
    objects: [
      A,
      'L2Advertisement l {preferredNodeSelectors: [{weight: 1, preference: {matchExpressions: [{key: a, operator: No}]}}]}',
    ],
    findings: ['METAL_SELECTOR l preferredNodeSelectors[0].preference.matchExpressions[0].operator'],
  },
  {
    name: 'a bad node selector',
    objects: [A, 'L2Advertisement l {nodeSelectors: [{matchLabels: {"a b": c}}]}'],
    findings: ['METAL_SELECTOR l nodeSelectors[0].matchLabels["a b"]'],
    lacks: ['l2'],
  },
  {
    name: 'a bad pool selector',
    objects: [A, 'L2Advertisement l {ipAddressPoolSelectors: [{matchExpressions: [{key: "", operator: Exists}]}]}'],
    findings: ['METAL_SELECTOR l ipAddressPoolSelectors[0].matchExpressions[0].key'],
  },
  {
    name: 'an interface twice',
    objects: [A, 'L2Advertisement l {interfaces: [eth0, eth0]}'],
    findings: ['METAL_DUPLICATE l interfaces[1]'],
    has: ['l2 l pools=a if=eth0'],
  },
  {
    name: 'a pool twice',
    objects: [A, 'L2Advertisement l {ipAddressPools: [a, a]}'],
    findings: ['METAL_DUPLICATE l ipAddressPools[1]'],
    has: ['l2 l pools=a'],
  },
  {
    name: 'a node selector twice',
    objects: [A, 'L2Advertisement l {nodeSelectors: [{matchLabels: {a: b}}, {matchLabels: {a: b}}]}'],
    findings: ['METAL_DUPLICATE l nodeSelectors[1]'],
    has: ['l2 l pools=a node=a=b'],
  },
  {
    name: 'identical ones are one',
    objects: [A, 'L2Advertisement l', 'L2Advertisement m'],
    has: ['l2 l pools=a'],
    lacks: ['l2 m'],
  },
  {
    name: 'identical ones with preferences stay',
    objects: [
      A,
      'L2Advertisement l {preferredNodeSelectors: [{weight: 1, preference: {}}]}',
      'L2Advertisement m {preferredNodeSelectors: [{weight: 1, preference: {}}]}',
    ],
    has: ['l2 l pools=a prefer=1:', 'l2 m pools=a prefer=1:'],
  },
  {
    name: 'a pool announced both ways',
    objects: [A, 'L2Advertisement l', 'BGPAdvertisement b'],
    has: ['l2 l pools=a', 'bgp b pools=a /32 /128'],
  },
  { name: 'aggregation', objects: [A, 'BGPAdvertisement b {aggregationLength: 24}'], has: ['bgp b pools=a /24 /128'] },
  {
    name: 'aggregation longer than the pool',
    objects: [A, 'BGPAdvertisement b {aggregationLength: 26}'],
    has: ['bgp b pools=a /26 /128'],
  },
  {
    name: 'aggregation shorter than the pool',
    objects: [A, 'BGPAdvertisement b {aggregationLength: 23}'],
    findings: ['METAL_AGGREGATION b aggregationLength'],
    lacks: ['bgp'],
  },
  {
    name: 'aggregation of a range goes by its widest block',
    objects: ['IPAddressPool a {addresses: [192.0.2.10-192.0.2.40]}', 'BGPAdvertisement b {aggregationLength: 28}'],
    has: ['bgp b pools=a /28 /128'],
  },
  {
    name: 'aggregation of a range shorter than its widest block',
    objects: ['IPAddressPool a {addresses: [192.0.2.10-192.0.2.40]}', 'BGPAdvertisement b {aggregationLength: 27}'],
    findings: ['METAL_AGGREGATION b aggregationLength'],
  },
  {
    name: 'aggregation is checked for each entry of a pool',
    objects: [
      'IPAddressPool a {addresses: [192.0.2.0/26, 198.51.100.0/24]}',
      'BGPAdvertisement b {aggregationLength: 24}',
    ],
    findings: ['METAL_AGGREGATION b aggregationLength'],
  },
  {
    name: 'aggregation of IPv6',
    objects: [SIX, 'BGPAdvertisement b {aggregationLengthV6: 64}'],
    has: ['bgp b pools=six /32 /64'],
  },
  {
    name: 'aggregation of IPv6 shorter than the pool',
    objects: [SIX, 'BGPAdvertisement b {aggregationLengthV6: 63}'],
    findings: ['METAL_AGGREGATION b aggregationLengthV6'],
  },
  {
    name: 'aggregation of pools that are not named does not matter',
    objects: [
      A,
      B,
      'IPAddressPool c {addresses: [203.0.113.0/28]}',
      'BGPAdvertisement b {ipAddressPools: [a], aggregationLength: 24}',
    ],
    has: ['bgp b pools=a /24 /128'],
  },
  {
    name: 'an aggregation length of 0',
    objects: [A, 'BGPAdvertisement b {aggregationLength: 0}'],
    findings: ['METAL_AGGREGATION b aggregationLength'],
  },
  {
    name: 'an aggregation length of 33',
    objects: [A, 'BGPAdvertisement b {aggregationLength: 33}'],
    findings: ['METAL_AGGREGATION b aggregationLength'],
  },
  {
    name: 'an aggregation length of IPv6 of 129',
    objects: [A, 'BGPAdvertisement b {aggregationLengthV6: 129}'],
    findings: ['METAL_AGGREGATION b aggregationLengthV6'],
  },
  {
    name: 'aggregation beside serviceSelectors',
    objects: [A, 'BGPAdvertisement b {aggregationLength: 30, serviceSelectors: [{matchLabels: {a: b}}]}'],
    findings: ['METAL_AGGREGATION b aggregationLength'],
  },
  {
    name: 'serviceSelectors with the usual aggregation',
    objects: [A, 'BGPAdvertisement b {serviceSelectors: [{matchLabels: {a: b}}]}'],
    has: ['bgp b pools=a /32 /128'],
  },
  {
    name: 'a local preference',
    objects: [A, 'BGPAdvertisement b {localPref: 4294967295}'],
    has: ['bgp b pools=a /32 /128 pref=4294967295'],
  },
  {
    name: 'a local preference that is too large',
    objects: [A, 'BGPAdvertisement b {localPref: 4294967296}'],
    findings: ['METAL_LOCAL_PREF b localPref'],
    lacks: ['bgp'],
  },
  {
    name: 'a negative local preference',
    objects: [A, 'BGPAdvertisement b {localPref: -1}'],
    findings: ['METAL_LOCAL_PREF b localPref'],
  },
  {
    name: 'local preferences in conflict',
    objects: [A, 'BGPAdvertisement b {localPref: 1}', 'BGPAdvertisement c {localPref: 2}'],
    findings: ['METAL_ADVERTISEMENT_CONFLICT c localPref'],
    has: ['bgp b pools=a /32 /128 pref=1'],
    lacks: ['bgp c'],
  },
  {
    name: 'local preferences of other aggregations',
    objects: [A, 'BGPAdvertisement b {localPref: 1, aggregationLength: 24}', 'BGPAdvertisement c {localPref: 2}'],
    has: ['bgp c pools=a /32 /128 pref=2'],
  },
  {
    name: 'local preferences of other pools',
    objects: [
      A,
      B,
      'BGPAdvertisement b {localPref: 1, ipAddressPools: [a]}',
      'BGPAdvertisement c {localPref: 2, ipAddressPools: [b]}',
    ],
    has: ['bgp c pools=b /32 /128 pref=2'],
  },
  {
    name: 'local preferences of other nodes',
    objects: [
      A,
      'BGPAdvertisement b {localPref: 1, nodeSelectors: [{matchLabels: {r: a}}]}',
      'BGPAdvertisement c {localPref: 2, nodeSelectors: [{matchLabels: {r: b}}]}',
    ],
    has: ['bgp c pools=a /32 /128 pref=2 node=r=b'],
  },
  {
    name: 'local preferences of Services are compared later',
    objects: [
      A,
      'BGPAdvertisement b {localPref: 1, serviceSelectors: [{matchLabels: {x: y}}]}',
      'BGPAdvertisement c {localPref: 2}',
    ],
    has: ['bgp c pools=a /32 /128 pref=2'],
  },
  {
    name: 'local preferences for other peers',
    objects: [
      A,
      'BGPPeer p {myASN: 1, peerASN: 2, peerAddress: 203.0.113.1}',
      'BGPPeer q {myASN: 1, peerASN: 2, peerAddress: 203.0.113.2}',
      'BGPAdvertisement b {localPref: 1, peers: [p]}',
      'BGPAdvertisement c {localPref: 2, peers: [q]}',
    ],
    has: ['bgp c pools=a /32 /128 pref=2 peer=q'],
  },
  {
    name: 'the very same twice',
    objects: [A, 'BGPAdvertisement b {localPref: 1}', 'BGPAdvertisement c {localPref: 1}'],
    findings: ['METAL_ADVERTISEMENT_CONFLICT c'],
  },
  {
    name: 'a peer that does not exist',
    objects: [A, 'BGPAdvertisement b {peers: [gone]}'],
    findings: ['METAL_REFERENCE b peers[0]'],
    has: ['bgp b pools=a /32 /128 peer=gone'],
  },
  {
    name: 'a peer twice',
    objects: [A, 'BGPPeer p {myASN: 1, peerASN: 2, peerAddress: 203.0.113.1}', 'BGPAdvertisement b {peers: [p, p]}'],
    findings: ['METAL_DUPLICATE b peers[1]'],
  },
  {
    name: 'communities of both sizes, sorted',
    objects: [A, 'BGPAdvertisement b {communities: ["large:64512:1:2", "64512:100", "0:7"]}'],
    has: ['bgp b pools=a /32 /128 c=7 c=4227858532 large=64512:1:2'],
  },
  {
    name: 'a community by name',
    objects: [
      A,
      'Community n {communities: [{name: vpn, value: "64512:100"}]}',
      'BGPAdvertisement b {communities: [vpn]}',
    ],
    has: ['bgp b pools=a /32 /128 c=4227858532'],
  },
  {
    name: 'a community by name and by value is one',
    objects: [
      A,
      'Community n {communities: [{name: vpn, value: "64512:100"}]}',
      'BGPAdvertisement b {communities: [vpn, "64512:100"]}',
    ],
    has: ['bgp b pools=a /32 /128 c=4227858532'],
  },
  {
    name: 'a name of a large community',
    objects: [
      A,
      'Community n {communities: [{name: vpn, value: "large:1:2:3"}]}',
      'BGPAdvertisement b {communities: [vpn]}',
    ],
    has: ['bgp b pools=a /32 /128 large=1:2:3'],
  },
  {
    name: 'an unknown name',
    objects: [A, 'BGPAdvertisement b {communities: [vpn]}'],
    findings: ['METAL_COMMUNITY b communities[0]'],
    lacks: ['bgp'],
  },
  {
    name: 'a community above 16 bits',
    objects: [A, 'BGPAdvertisement b {communities: ["65536:1"]}'],
    findings: ['METAL_COMMUNITY b communities[0]'],
  },
  {
    name: 'a community with three parts',
    objects: [A, 'BGPAdvertisement b {communities: ["1:2:3"]}'],
    findings: ['METAL_COMMUNITY b communities[0]'],
  },
  {
    name: 'a large community above 32 bits',
    objects: [A, 'BGPAdvertisement b {communities: ["large:4294967296:1:1"]}'],
    findings: ['METAL_COMMUNITY b communities[0]'],
  },
  {
    name: 'a large community with two parts',
    objects: [A, 'BGPAdvertisement b {communities: ["large:1:2"]}'],
    findings: ['METAL_COMMUNITY b communities[0]'],
  },
  {
    name: 'a community twice',
    objects: [A, 'BGPAdvertisement b {communities: ["1:2", "1:2"]}'],
    findings: ['METAL_DUPLICATE b communities[1]'],
    has: ['bgp b pools=a /32 /128 c=65538'],
  },
  {
    name: 'a name twice, in two objects',
    objects: [
      'Community n {communities: [{name: vpn, value: "1:2"}]}',
      'Community o {communities: [{name: vpn, value: "1:3"}]}',
    ],
    findings: ['METAL_COMMUNITY o communities[0].name'],
  },
  {
    name: 'a name for what is no community',
    objects: ['Community n {communities: [{name: vpn, value: blue}]}'],
    findings: ['METAL_COMMUNITY n communities[0].value'],
  },
  {
    name: 'a community without a name',
    objects: ['Community n {communities: [{value: "1:2"}]}'],
    findings: ['METAL_COMMUNITY n communities[0].name'],
  },
]
