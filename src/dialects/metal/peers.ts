/** BGP peers: which fields go together, what they default to, and where a password is. */
import { quote } from '../../base/decode.ts'
import { compareText } from '../../base/finding.ts'
import { formatAddress, type IpAddress, parseAddress } from '../../base/ip-address.ts'
import type { BGPPeerSpec } from '../../kube/metal-objects.ts'
import type { BfdProfile, BgpPeer } from '../../metal/model.ts'
import { settleTimers } from './peer-timers.ts'
import { checkSelectors, distinct, mayMeet } from './selectors.ts'
import type { MetalRemarks, Written } from './written.ts'

const MOST_ASN = 4_294_967_295
/** Our own annotation: MetalLB's speakers always connect. */
const PASSIVE = 'genkan.dev/passive'

/** In order of their names; bad ones are left out. */
export function settlePeers(
  written: readonly Written<BGPPeerSpec>[],
  profiles: { readonly known: Readonly<Record<string, BfdProfile>>; readonly names: ReadonlySet<string> },
  remarks: MetalRemarks,
): readonly BgpPeer[] {
  const settled: BgpPeer[] = []
  const names = new Set<string>()
  for (const one of [...written].sort((a, b) => compareText(a.name, b.name))) {
    if (names.has(one.name)) {
      remarks.add('METAL_DUPLICATE', one.at(), `there is a peer ${one.name} already; give it another name`)
      continue
    }
    names.add(one.name)
    const peer = toPeer(one, profiles.known, profiles.names, remarks)
    if (peer === null) continue
    const other = settled.find((earlier) => isSameSession(earlier, peer))
    if (other === undefined) settled.push(peer)
    else {
      const state = `${other.name} is ${other.address} port ${other.port} on the same nodes; remove one of them, or select other nodes`
      remarks.add('METAL_PEER_DUPLICATE', one.at('peerAddress'), state)
    }
  }
  return settled
}

function toPeer(
  written: Written<BGPPeerSpec>,
  profiles: Readonly<Record<string, BfdProfile>>,
  profileNames: ReadonlySet<string>,
  remarks: MetalRemarks,
): BgpPeer | null {
  const { spec, name } = written
  const before = remarks.count
  const refuse = (field: keyof BGPPeerSpec, state: string): void => remarks.add('METAL_PEER', written.at(field), state)
  refuseUnsupported(written, remarks)
  const { myASN = 0 } = spec
  checkAsn(written, 'myASN', myASN, remarks)
  const peerAsn = settlePeerAsn(written, remarks)
  const address = spec.interface === undefined ? readAddress(written, 'peerAddress', remarks) : null
  const source = spec.sourceAddress === undefined ? null : readAddress(written, 'sourceAddress', remarks)
  if (address !== null && source !== null && address.family !== source.family) {
    refuse('sourceAddress', `${spec.sourceAddress} is not of the family of ${spec.peerAddress}`)
  }
  const { peerPort = 179 } = spec
  const port = written.isLegacy && peerPort === 0 ? 179 : peerPort
  const mostPort = written.isLegacy ? 65_535 : 16_384
  if (port < 1 || port > mostPort) refuse('peerPort', `${port} is no port from 1 to ${mostPort}`)
  const routerId = spec.routerID === undefined ? null : parseAddress(spec.routerID)
  if (spec.routerID !== undefined && routerId?.family !== 4) {
    refuse('routerID', `${quote(spec.routerID)} is no IPv4 address, which is how router ids are written`)
  }
  const timers = settleTimers(written, remarks)
  const { bfdProfile = '' } = spec
  if (bfdProfile !== '' && !Object.hasOwn(profiles, bfdProfile)) {
    const which = `the BFDProfile ${quote(bfdProfile)}`
    if (profileNames.has(bfdProfile)) refuse('bfdProfile', `${which} has mistakes; correct one or the other`)
    else {
      const state = `${which} does not exist; correct one or the other`
      remarks.addAbsent('METAL_PEER', written.at('bfdProfile'), state, `BFDProfile ${written.namespace}/${bfdProfile}`)
    }
  }
  if (spec.ebgpMultiHop === true && peerAsn !== 0 && peerAsn === myASN) {
    refuse('ebgpMultiHop', 'both AS numbers are the same, and it is for peers in another AS; remove it')
  }
  checkSelectors(written, spec.nodeSelectors, ['nodeSelectors'], remarks)
  const password = settlePassword(written, remarks)
  const isBad = remarks.findings
    .slice(before)
    .some(({ code, severity }) => severity === 'error' && code !== 'METAL_DUPLICATE')
  if (isBad || address === null) return null
  return {
    name,
    myAsn: myASN,
    peerAsn,
    address: formatAddress(address),
    port,
    sourceAddress: source === null ? '' : formatAddress(source),
    ...timers,
    routerId: routerId === null ? '' : formatAddress(routerId),
    nodes: distinct(written, spec.nodeSelectors, ['nodeSelectors'], remarks),
    bfdProfile,
    hasGracefulRestart: spec.enableGracefulRestart ?? false,
    isMultiHop: spec.ebgpMultiHop ?? false,
    isDualStack: spec.dualStackAddressFamily ?? false,
    isPassive: written.annotations[PASSIVE] === 'true',
    password,
    origin: written.at(),
  }
}

function refuseUnsupported(written: Written<BGPPeerSpec>, remarks: MetalRemarks): void {
  const { spec } = written
  const refuse = (field: keyof BGPPeerSpec, state: string, severity?: 'warning'): void =>
    remarks.add('METAL_PEER_UNSUPPORTED', written.at(field), state, severity)
  if (spec.interface !== undefined) refuse('interface', 'peers without an address are not spoken to; give peerAddress')
  if (spec.interface !== undefined && spec.peerAddress !== undefined) {
    remarks.add('METAL_PEER', written.at('interface'), 'peerAddress is written as well; write one of the two')
  }
  if (spec.vrf !== undefined) refuse('vrf', 'sessions are in the routing table of the node; remove it')
  if (spec.localASN !== undefined) refuse('localASN', 'the session has one AS number of ours; write it as myASN')
  // MetalLB's kinds write `false` into every peer.
  if (spec.disableMP === true) refuse('disableMP', 'it is deprecated and changes nothing; remove it', 'warning')
}

function settlePeerAsn(written: Written<BGPPeerSpec>, remarks: MetalRemarks): number {
  const { peerASN, dynamicASN, myASN = 0 } = written.spec
  if (dynamicASN === undefined) {
    checkAsn(written, 'peerASN', peerASN ?? 0, remarks)
    return peerASN ?? 0
  }
  const at = written.at('dynamicASN')
  if (peerASN !== undefined && peerASN !== 0) {
    remarks.add('METAL_PEER', at, 'peerASN is written as well; write one of the two')
  }
  if (dynamicASN === 'internal') return myASN
  if (dynamicASN === 'external') {
    remarks.add('METAL_PEER_UNSUPPORTED', at, 'the AS number of a peer must be known; write it as peerASN')
  } else remarks.add('METAL_PEER', at, `${quote(dynamicASN)} is neither internal nor external`)
  return 0
}

function checkAsn(written: Written<BGPPeerSpec>, field: 'myASN' | 'peerASN', asn: number, remarks: MetalRemarks): void {
  if (asn >= 1 && asn <= MOST_ASN) return
  const state = written.spec[field] === undefined ? 'it is missing; write' : `${asn} is no AS number; write one`
  remarks.add('METAL_PEER', written.at(field), `${state} from 1 to ${MOST_ASN}`)
}

function readAddress(
  written: Written<BGPPeerSpec>,
  field: 'peerAddress' | 'sourceAddress',
  remarks: MetalRemarks,
): IpAddress | null {
  const text = written.spec[field]
  const address = text === undefined ? null : parseAddress(text)
  if (address !== null) return address
  const state = text === undefined ? 'it is missing; write an IP address' : `${quote(text)} is no IP address`
  remarks.add('METAL_PEER', written.at(field), state)
  return null
}

function settlePassword(written: Written<BGPPeerSpec>, remarks: MetalRemarks): BgpPeer['password'] {
  const { password, passwordSecret } = written.spec
  const isNamed = passwordSecret !== undefined && passwordSecret.name !== ''
  if (password !== undefined && isNamed) {
    remarks.add(
      'METAL_PEER_PASSWORD',
      written.at('passwordSecret'),
      'password is written as well; write one of the two',
    )
  }
  if (isNamed) return { kind: 'secret', name: passwordSecret.name }
  return { kind: password === undefined ? 'none' : 'inline' }
}

function isSameSession(a: BgpPeer, b: BgpPeer): boolean {
  return a.address === b.address && a.port === b.port && mayMeet(a.nodes, b.nodes)
}
