/** Peers, BFD profiles and the older ConfigMap, good and bad. */
import type { ConfigCase } from './config-script.ts'

const PEER = 'myASN: 64512, peerASN: 64513, peerAddress: 203.0.113.1'
const SECRET = 'Secret pw {type: kubernetes.io/basic-auth, data: {password: czNjcmV0}}'

function good(name: string, rest: string, line: string, ...others: readonly string[]): ConfigCase {
  return { name, objects: [`BGPPeer p {${PEER}${rest}}`, ...others], has: [`peer p 64512->64513@203.0.113.1:${line}`] }
}

function bad(name: string, spec: string, ...findings: readonly string[]): ConfigCase {
  return { name, objects: [`BGPPeer p {${spec}}`], findings, lacks: ['peer'] }
}

export const PEER_CONFIG_CASES: readonly ConfigCase[] = [
  good('the least that a peer needs', '', '179 hold=90/30/120'),
  good('a port', ', peerPort: 1179', '1179 hold=90/30/120'),
  good('a source address', ', sourceAddress: 203.0.113.9', '179 hold=90/30/120 src=203.0.113.9'),
  good('a router id', ', routerID: 192.0.2.1', '179 hold=90/30/120 id=192.0.2.1'),
  good('a hold time', ', holdTime: 30s', '179 hold=30/10/120'),
  good('a hold time in minutes', ', holdTime: 1m30s', '179 hold=90/30/120'),
  good('a hold time is cut to seconds', ', holdTime: 3900ms', '179 hold=3/1/120'),
  good('no hold time', ', holdTime: "0"', '179 hold=0/0/120'),
  good('no hold time, with a unit', ', holdTime: 0s', '179 hold=0/0/120'),
  good('a keepalive time alone gives the hold time', ', keepaliveTime: 5s', '179 hold=15/5/120'),
  good('both times', ', holdTime: 30s, keepaliveTime: 5s', '179 hold=30/5/120'),
  good('a connect time', ', connectTime: 10s', '179 hold=90/30/10'),
  good('another AS by multihop', ', ebgpMultiHop: true', '179 hold=90/30/120 multihop'),
  good(
    'graceful restart and both families',
    ', enableGracefulRestart: true, dualStackAddressFamily: true',
    '179 hold=90/30/120 gr dual',
  ),
  good(
    'nodes',
    ', nodeSelectors: [{matchLabels: {rack: a}}, {matchExpressions: [{key: b, operator: Exists}]}]',
    '179 hold=90/30/120 node=rack=a node=b:Exists',
  ),
  good('a password', ', password: s3cret', '179 hold=90/30/120 password=inline'),
  good('a password in a Secret', ', passwordSecret: {name: pw}', '179 hold=90/30/120 password=secret', SECRET),
  good('a BFD profile', ', bfdProfile: fast', '179 hold=90/30/120 bfd=fast', 'BFDProfile fast'),
  {
    name: 'the same AS',
    objects: ['BGPPeer p {myASN: 1, peerASN: 1, peerAddress: "2001:DB8::1"}'],
    has: ['peer p 1->1@2001:db8::1:179 hold=90/30/120'],
  },
  {
    name: 'an AS number of 32 bits',
    objects: ['BGPPeer p {myASN: 4294967295, peerASN: 4200000000, peerAddress: 203.0.113.1}'],
    has: ['peer p 4294967295->4200000000@203.0.113.1:179 hold=90/30/120'],
  },
  {
    name: 'an AS number that follows ours',
    objects: ['BGPPeer p {myASN: 7, dynamicASN: internal, peerAddress: 203.0.113.1}'],
    has: ['peer p 7->7@203.0.113.1:179 hold=90/30/120'],
  },
  bad('no AS number of ours', 'peerASN: 2, peerAddress: 203.0.113.1', 'METAL_PEER p myASN'),
  bad('an AS number of 0', 'myASN: 0, peerASN: 2, peerAddress: 203.0.113.1', 'METAL_PEER p myASN'),
  bad('no AS number of the peer', 'myASN: 1, peerAddress: 203.0.113.1', 'METAL_PEER p peerASN'),
  bad(
    'an AS number of the peer above 32 bits',
    'myASN: 1, peerASN: 4294967296, peerAddress: 203.0.113.1',
    'METAL_PEER p peerASN',
  ),
  bad(
    'two ways to say the AS number',
    'myASN: 1, peerASN: 2, dynamicASN: internal, peerAddress: 203.0.113.1',
    'METAL_PEER p dynamicASN',
  ),
  bad(
    'any other AS',
    'myASN: 1, dynamicASN: external, peerAddress: 203.0.113.1',
    'METAL_PEER_UNSUPPORTED p dynamicASN',
  ),
  bad(
    'a dynamic AS that is neither',
    'myASN: 1, dynamicASN: some, peerAddress: 203.0.113.1',
    'METAL_PEER p dynamicASN',
  ),
  bad('no address', 'myASN: 1, peerASN: 2', 'METAL_PEER p peerAddress'),
  bad('an address that is none', 'myASN: 1, peerASN: 2, peerAddress: router', 'METAL_PEER p peerAddress'),
  bad('an interface', 'myASN: 1, peerASN: 2, interface: eth0', 'METAL_PEER_UNSUPPORTED p interface'),
  bad(
    'an interface and an address',
    `${PEER}, interface: eth0`,
    'METAL_PEER p interface',
    'METAL_PEER_UNSUPPORTED p interface',
  ),
  bad('a source address that is none', `${PEER}, sourceAddress: here`, 'METAL_PEER p sourceAddress'),
  bad('a source address of the other family', `${PEER}, sourceAddress: "2001:db8::1"`, 'METAL_PEER p sourceAddress'),
  bad('a port of 0', `${PEER}, peerPort: 0`, 'METAL_PEER p peerPort'),
  bad('a port above 16384', `${PEER}, peerPort: 16385`, 'METAL_PEER p peerPort'),
  bad('a router id that is none', `${PEER}, routerID: here`, 'METAL_PEER p routerID'),
  bad('a router id of IPv6', `${PEER}, routerID: "2001:db8::1"`, 'METAL_PEER p routerID'),
  bad('a hold time of two seconds', `${PEER}, holdTime: 2s`, 'METAL_PEER_TIMERS p holdTime'),
  bad('a hold time that is cut to two seconds', `${PEER}, holdTime: 2999ms`, 'METAL_PEER_TIMERS p holdTime'),
  bad('a hold time above 16 bits', `${PEER}, holdTime: 65536s`, 'METAL_PEER_TIMERS p holdTime'),
  bad('a hold time without a unit', `${PEER}, holdTime: "90"`, 'METAL_PEER_TIMERS p holdTime'),
  bad('a hold time that is none', `${PEER}, holdTime: soon`, 'METAL_PEER_TIMERS p holdTime'),
  bad(
    'a keepalive time longer than the hold time',
    `${PEER}, holdTime: 9s, keepaliveTime: 10s`,
    'METAL_PEER_TIMERS p keepaliveTime',
  ),
  bad(
    'a keepalive time without a hold time',
    `${PEER}, holdTime: 0s, keepaliveTime: 10s`,
    'METAL_PEER_TIMERS p keepaliveTime',
  ),
  bad(
    'a keepalive time of nothing',
    `${PEER}, holdTime: 9s, keepaliveTime: 100ms`,
    'METAL_PEER_TIMERS p keepaliveTime',
  ),
  bad('a connect time of half a second', `${PEER}, connectTime: 500ms`, 'METAL_PEER_TIMERS p connectTime'),
  bad('a connect time of 1.5 seconds', `${PEER}, connectTime: 1500ms`, 'METAL_PEER_TIMERS p connectTime'),
  bad('a connect time above 16 bits', `${PEER}, connectTime: 65536s`, 'METAL_PEER_TIMERS p connectTime'),
  bad(
    'multihop within an AS',
    'myASN: 1, peerASN: 1, peerAddress: 203.0.113.1, ebgpMultiHop: true',
    'METAL_PEER p ebgpMultiHop',
  ),
  bad('a VRF', `${PEER}, vrf: red`, 'METAL_PEER_UNSUPPORTED p vrf'),
  bad('a second AS number of ours', `${PEER}, localASN: 7`, 'METAL_PEER_UNSUPPORTED p localASN'),
  bad('two passwords', `${PEER}, password: a, passwordSecret: {name: pw}`, 'METAL_PEER_PASSWORD p passwordSecret'),
  bad('a Secret that does not exist', `${PEER}, passwordSecret: {name: gone}`, 'METAL_PEER_PASSWORD p passwordSecret'),
  bad(
    'a Secret in another namespace',
    `${PEER}, passwordSecret: {name: pw, namespace: other}`,
    'METAL_PEER_PASSWORD p passwordSecret',
  ),
  bad('a BFD profile that does not exist', `${PEER}, bfdProfile: gone`, 'METAL_PEER p bfdProfile'),
  bad(
    'a bad node selector',
    `${PEER}, nodeSelectors: [{matchExpressions: [{key: a, operator: Gt, values: ["1"]}]}]`,
    'METAL_SELECTOR p nodeSelectors[0].matchExpressions[0].operator',
  ),
  {
    name: 'disableMP changes nothing',
    objects: [`BGPPeer p {${PEER}, disableMP: true}`],
    findings: ['METAL_PEER_UNSUPPORTED p disableMP'],
    has: ['peer p 64512->64513@203.0.113.1:179 hold=90/30/120'],
  },
  {
    name: 'disableMP as MetalLB fills it in',
    objects: [`BGPPeer p {${PEER}, disableMP: false}`],
    has: ['peer p 64512->64513@203.0.113.1:179 hold=90/30/120'],
  },
  {
    name: 'a Secret of another type',
    objects: [
      `BGPPeer p {${PEER}, passwordSecret: {name: pw}}`,
      'Secret pw {type: Opaque, data: {password: czNjcmV0}}',
    ],
    findings: ['METAL_PEER_PASSWORD p passwordSecret'],
    lacks: ['peer'],
  },
  {
    name: 'a Secret without a password',
    objects: [
      `BGPPeer p {${PEER}, passwordSecret: {name: pw}}`,
      'Secret pw {type: kubernetes.io/basic-auth, data: {username: czNjcmV0}}',
    ],
    findings: ['METAL_PEER_PASSWORD p passwordSecret'],
    lacks: ['peer'],
  },
  {
    name: 'a BFD profile with mistakes',
    objects: [`BGPPeer p {${PEER}, bfdProfile: b}`, 'BFDProfile b {detectMultiplier: 1}'],
    findings: ['METAL_BFD_PROFILE b detectMultiplier', 'METAL_PEER p bfdProfile'],
    lacks: ['peer', 'bfd'],
  },
  {
    name: 'the same peer twice',
    objects: [`BGPPeer p {${PEER}}`, `BGPPeer q {${PEER}}`],
    findings: ['METAL_PEER_DUPLICATE q peerAddress'],
    has: ['peer p 64512->64513@203.0.113.1:179 hold=90/30/120'],
    lacks: ['peer q'],
  },
  {
    name: 'the same address at another port',
    objects: [`BGPPeer p {${PEER}}`, `BGPPeer q {${PEER}, peerPort: 1179}`],
    has: ['peer q 64512->64513@203.0.113.1:1179 hold=90/30/120'],
  },
  {
    name: 'the same address on other nodes',
    objects: [
      `BGPPeer p {${PEER}, nodeSelectors: [{matchLabels: {r: a}}]}`,
      `BGPPeer q {${PEER}, nodeSelectors: [{matchLabels: {r: b}}]}`,
    ],
    has: ['peer q 64512->64513@203.0.113.1:179 hold=90/30/120 node=r=b'],
  },
  {
    name: 'a bad peer harms no other',
    objects: ['BGPPeer p {myASN: 0, peerASN: 1, peerAddress: 203.0.113.1}', `BGPPeer q {${PEER}}`],
    findings: ['METAL_PEER p myASN'],
    has: ['peer q 64512->64513@203.0.113.1:179 hold=90/30/120'],
  },
  { name: 'BFD without anything', objects: ['BFDProfile b'], has: ['bfd b 300/300x3 echo=50 ttl=254'] },
  {
    name: 'BFD with everything',
    objects: [
      'BFDProfile b {receiveInterval: 10, transmitInterval: 60000, detectMultiplier: 255, echoInterval: 10, echoMode: true, passiveMode: true, minimumTtl: 1}',
    ],
    has: ['bfd b 10/60000x255 echo=10 ttl=1 echo passive'],
  },
  ...(
    [
      ['receiveInterval', 9],
      ['receiveInterval', 60_001],
      ['transmitInterval', 9],
      ['transmitInterval', 60_001],
      ['detectMultiplier', 1],
      ['detectMultiplier', 256],
      ['echoInterval', 9],
      ['echoInterval', 60_001],
      ['minimumTtl', 0],
      ['minimumTtl', 255],
    ] as const
  ).map(([field, value]) => ({
    name: `BFD with ${field} ${value}`,
    objects: [`BFDProfile b {${field}: ${value}}`],
    findings: [`METAL_BFD_PROFILE b ${field}`],
    lacks: ['bfd'],
  })),
]

const LAYER2 = `legacy
address-pools:
- name: default
  protocol: layer2
  addresses:
  - 192.0.2.100-192.0.2.159`

export const LEGACY_CONFIG_CASES: readonly ConfigCase[] = [
  {
    name: 'sixty addresses on the local network',
    objects: [LAYER2],
    has: ['pool default 192.0.2.100-192.0.2.159', 'l2 l2advertisement1 pools=default'],
  },
  { name: 'nothing at all', objects: ['legacy'], has: [] },
  {
    name: 'flags of a pool',
    objects: [
      'legacy {address-pools: [{name: a, protocol: layer2, addresses: [192.0.2.0/24], auto-assign: false, avoid-buggy-ips: true}]}',
    ],
    has: ['pool a 192.0.2.0/24 !auto buggy'],
  },
  {
    name: 'by BGP, without a word about how',
    objects: ['legacy {address-pools: [{name: a, protocol: bgp, addresses: [192.0.2.0/24]}]}'],
    has: ['bgp bgpadvertisement1 pools=a /32 /128'],
  },
  {
    name: 'by BGP, with words',
    objects: [
      'legacy {bgp-communities: {vpn: "1:2"}, address-pools: [{name: a, protocol: bgp, addresses: [192.0.2.0/24], bgp-advertisements: [{aggregation-length: 24, localpref: 7, communities: [vpn, "large:1:2:3"]}, {}]}]}',
    ],
    has: [
      'bgp bgpadvertisement1 pools=a /24 /128 pref=7 c=65538 large=1:2:3',
      'bgp bgpadvertisement2 pools=a /32 /128',
    ],
  },
  {
    name: 'a peer',
    objects: [
      'legacy {peers: [{my-asn: 1, peer-asn: 2, peer-address: 203.0.113.1, peer-port: 0, hold-time: 30s, router-id: 192.0.2.1, source-address: 203.0.113.2, password: x, node-selectors: [{match-labels: {a: b}, match-expressions: [{key: c, operator: In, values: [d]}]}]}]}',
    ],
    has: [
      'peer peer1 1->2@203.0.113.1:179 hold=30/10/120 src=203.0.113.2 id=192.0.2.1 password=inline node=a=b,c:In:d',
    ],
  },
  {
    name: 'a hold time as a bare number',
    objects: ['legacy {peers: [{my-asn: 1, peer-asn: 2, peer-address: 203.0.113.1, hold-time: 120}]}'],
    has: ['peer peer1 1->2@203.0.113.1:179 hold=120/40/120'],
  },
  {
    name: 'keepalive, multihop and BFD',
    objects: [
      'legacy {bfd-profiles: [{name: f, receive-interval: 100, transmit-interval: 100, detect-multiplier: 4, echo-interval: 60, echo-mode: true, passive-mode: true, minimum-ttl: 10}], peers: [{my-asn: 1, peer-asn: 2, peer-address: 203.0.113.1, keepalive-time: 7s, ebgp-multihop: true, bfd-profile: f}]}',
    ],
    has: [
      'peer peer1 1->2@203.0.113.1:179 hold=21/7/120 bfd=f multihop',
      'bfd f 100/100x4 echo=60 ttl=10 echo passive',
    ],
  },
  {
    name: 'the other spelling of the BFD profile',
    objects: [
      'legacy {bfd-profiles: [{name: f}], peers: [{my-asn: 1, peer-asn: 2, peer-address: 203.0.113.1, bfdProfile: f}]}',
    ],
    has: ['peer peer1 1->2@203.0.113.1:179 hold=90/30/120 bfd=f'],
  },
  { name: 'no YAML', objects: ['legacy address-pools: [}'], findings: ['METAL_CONFIG_MAP config'] },
  { name: 'a list', objects: ['legacy [1]'], findings: ['METAL_CONFIG_MAP config'] },
  { name: 'a key twice', objects: ['legacy {peers: [], peers: []}'], findings: ['METAL_CONFIG_MAP config'] },
  { name: 'an unknown key', objects: ['legacy {adress-pools: []}'], findings: ['FIELD_UNKNOWN config adress-pools'] },
  {
    name: 'an unknown key of a pool',
    objects: ['legacy {address-pools: [{name: a, protocol: layer2, addresses: [192.0.2.0/24], autoassign: true}]}'],
    findings: ['FIELD_UNKNOWN config address-pools[0].autoassign'],
    has: ['pool a 192.0.2.0/24'],
  },
  {
    name: 'an unknown key of a peer',
    objects: ['legacy {peers: [{my-asn: 1, peer-asn: 2, peer-address: 203.0.113.1, asn: 3}]}'],
    findings: ['FIELD_UNKNOWN config peers[0].asn'],
  },
  {
    name: 'no name',
    objects: ['legacy {address-pools: [{protocol: layer2, addresses: [192.0.2.0/24]}]}'],
    findings: ['FIELD_REQUIRED config address-pools[0].name'],
    lacks: ['pool'],
  },
  {
    name: 'no protocol',
    objects: ['legacy {address-pools: [{name: a, addresses: [192.0.2.0/24]}]}'],
    findings: ['FIELD_REQUIRED config address-pools[0].protocol'],
    lacks: ['pool'],
  },
  {
    name: 'another protocol',
    objects: ['legacy {address-pools: [{name: a, protocol: arp, addresses: [192.0.2.0/24]}]}'],
    findings: ['FIELD_VALUE config address-pools[0].protocol'],
    lacks: ['pool'],
  },
  {
    name: 'no addresses',
    objects: ['legacy {address-pools: [{name: a, protocol: layer2}]}'],
    findings: ['METAL_ADDRESSES config address-pools[0].addresses'],
  },
  {
    name: 'a bad address',
    objects: ['legacy {address-pools: [{name: a, protocol: layer2, addresses: [192.0.2.0/24, 192.0.3.0]}]}'],
    findings: ['METAL_ADDRESSES config address-pools[0].addresses[1]'],
  },
  {
    name: 'a range backwards',
    objects: ['legacy {address-pools: [{name: a, protocol: layer2, addresses: [192.0.2.9-192.0.2.1]}]}'],
    findings: ['METAL_RANGE_BACKWARDS config address-pools[0].addresses[0]'],
  },
  {
    name: 'a name twice',
    objects: [
      'legacy {address-pools: [{name: a, protocol: layer2, addresses: [192.0.2.0/24]}, {name: a, protocol: layer2, addresses: [198.51.100.0/24]}]}',
    ],
    findings: ['METAL_DUPLICATE config address-pools[1]'],
    has: ['pool a 192.0.2.0/24'],
  },
  {
    name: 'pools that overlap',
    objects: [
      'legacy {address-pools: [{name: a, protocol: layer2, addresses: [192.0.2.0/24]}, {name: b, protocol: layer2, addresses: [192.0.2.7/32]}]}',
    ],
    findings: ['METAL_POOLS_OVERLAP config address-pools[1].addresses[0]'],
    lacks: ['pool b'],
  },
  {
    name: 'a pool that overlaps a custom resource',
    objects: [LAYER2, 'IPAddressPool a {addresses: [192.0.2.0/24]}'],
    findings: ['METAL_POOLS_OVERLAP config address-pools[0].addresses[0]'],
    has: ['pool a 192.0.2.0/24'],
  },
  {
    name: 'BGP where it is not spoken',
    objects: [
      'legacy {address-pools: [{name: a, protocol: layer2, addresses: [192.0.2.0/24], bgp-advertisements: [{localpref: 1}]}]}',
    ],
    findings: ['METAL_CONFIG_MAP config address-pools[0].bgp-advertisements'],
    lacks: ['pool'],
  },
  {
    name: 'aggregation shorter than the pool',
    objects: [
      'legacy {address-pools: [{name: a, protocol: bgp, addresses: [192.0.2.0/24], bgp-advertisements: [{aggregation-length: 20}]}]}',
    ],
    findings: ['METAL_AGGREGATION config address-pools[0].bgp-advertisements[0].aggregation-length'],
    lacks: ['bgp'],
  },
  {
    name: 'an unknown community',
    objects: [
      'legacy {address-pools: [{name: a, protocol: bgp, addresses: [192.0.2.0/24], bgp-advertisements: [{communities: [flurb]}]}]}',
    ],
    findings: ['METAL_COMMUNITY config address-pools[0].bgp-advertisements[0].communities[0]'],
  },
  {
    name: 'a name for what is no community',
    objects: ['legacy {bgp-communities: {flarb: "hello"}}'],
    findings: ['METAL_COMMUNITY config bgp-communities.flarb'],
  },
  {
    name: 'no AS number',
    objects: ['legacy {peers: [{peer-asn: 2, peer-address: 203.0.113.1}]}'],
    findings: ['METAL_PEER config peers[0].my-asn'],
    lacks: ['peer'],
  },
  {
    name: 'a peer address that is none',
    objects: ['legacy {peers: [{my-asn: 1, peer-asn: 2, peer-address: router}]}'],
    findings: ['METAL_PEER config peers[0].peer-address'],
  },
  {
    name: 'a hold time that is too short',
    objects: ['legacy {peers: [{my-asn: 1, peer-asn: 2, peer-address: 203.0.113.1, hold-time: 1s}]}'],
    findings: ['METAL_PEER_TIMERS config peers[0].hold-time'],
  },
  {
    name: 'a router id that is none',
    objects: ['legacy {peers: [{my-asn: 1, peer-asn: 2, peer-address: 203.0.113.1, router-id: oh}]}'],
    findings: ['METAL_PEER config peers[0].router-id'],
  },
  {
    name: 'a bad node selector',
    objects: [
      'legacy {peers: [{my-asn: 1, peer-asn: 2, peer-address: 203.0.113.1, node-selectors: [{match-expressions: [{key: a, operator: "!!!"}]}]}]}',
    ],
    findings: ['METAL_SELECTOR config peers[0].node-selectors[0].match-expressions[0].operator'],
  },
  {
    name: 'a BFD profile out of bounds',
    objects: ['legacy {bfd-profiles: [{name: f, receive-interval: 1}]}'],
    findings: ['METAL_BFD_PROFILE config bfd-profiles[0].receive-interval'],
  },
  {
    name: 'pools written as a map',
    objects: ['legacy {address-pools: {name: a, protocol: layer2, addresses: [192.0.2.0/24]}}'],
    findings: ['LIST_EXPECTED config address-pools'],
    has: ['pool a 192.0.2.0/24'],
  },
]
