/** The client that a PROXY protocol header names. */
import { type CompiledAddressPolicy, compileAddressPolicy } from '../../routing/address-policy.ts'
import type { ProxyProtocolSettings } from '../../routing/proxy-protocol.ts'
import type { ProxiedAddresses } from './header-reading.ts'

/** Part of `ClientInfo`, the same for all requests of a connection. */
export interface ProxiedClient {
  /** As the header has them. */
  readonly addresses: ProxiedAddresses
  /** Who sent the header. */
  readonly peerAddress: string
  /** True when the header's word counts: then the client's address is the connection's. */
  readonly isTrusted: boolean
  /** True when the client asked port 443 of a balancer that ended TLS. */
  readonly isHttps: boolean
}

const HTTPS_PORT = 443

/** Settings as listeners use them. */
export class ProxyProtocolReader {
  readonly headerTimeoutMs: number
  readonly #trusted: CompiledAddressPolicy | null

  /** @throws {TypeError} on a range that dialects refuse */
  constructor(settings: ProxyProtocolSettings) {
    this.headerTimeoutMs = settings.headerTimeoutMs
    this.#trusted =
      settings.trustedPeers.length === 0 ? null : compileAddressPolicy({ deny: [], allow: settings.trustedPeers })
  }

  /** @param addresses `null` when the header named none: the peer is the client */
  clientOf(addresses: ProxiedAddresses | null, peerAddress: string): ProxiedClient | null {
    if (addresses === null) return null
    const isTrusted = this.#trusted?.admits(peerAddress) === true
    return { addresses, peerAddress, isTrusted, isHttps: isTrusted && addresses.destinationPort === HTTPS_PORT }
  }
}
