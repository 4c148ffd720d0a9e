/**
 * The client behind trusted proxies (nginx's realip module with `real_ip_recursive`; ingress-nginx, configmap.md:
 * use-forwarded-headers). Only what a trusted peer says is believed; without settings nothing here runs.
 */
import { isIP } from 'node:net'
import { type CompiledAddressPolicy, compileAddressPolicy } from '../routing/address-policy.ts'
import type { Scheme } from '../routing/model.ts'
import type { ForwardedFacts, TrustedProxies } from '../routing/trusted-proxies.ts'
import type { ClientInfo, FrontContext } from './downstream.ts'
import { fieldValues } from './filters/field-lines.ts'
import { parseAuthority } from './http1/authority.ts'
import type { RequestRecord } from './request-record.ts'

/** Addresses of a chain that are looked at, from its end. */
const MOST_HOPS = 100

/** One request's client. */
export interface RequestClient {
  readonly address: string
  /** Host with port as the client asked for it. */
  readonly authority: string
  /** `null` when nothing but the address was said. */
  readonly forwarded: ForwardedFacts | null
  /** In place of the connection's. */
  readonly forwardingLines: string
}

export class TrustedClients {
  readonly #settings: TrustedProxies
  readonly #trusted: CompiledAddressPolicy

  /** @throws {TypeError} on a range that dialects refuse */
  constructor(settings: TrustedProxies) {
    this.#settings = settings
    this.#trusted = compileAddressPolicy({ deny: [], allow: settings.addresses })
  }

  /**
   * @param authority as the request has it
   * @param rawLines all header lines as received
   * @returns `null` when the peer is not trusted: it is the client itself
   */
  clientOf(peer: ClientInfo, authority: string, rawLines: string): RequestClient | null {
    if (!this.#trusted.admits(peer.remoteAddress)) return null
    const { addressHeader, trustsOthers, keepsChain } = this.#settings
    // A PROXY protocol header says who the client is, in place of a field.
    const address =
      peer.proxied?.isTrusted === true
        ? peer.remoteAddress
        : this.#clientAddress(peer.remoteAddress, fieldValues(rawLines, addressHeader).join(','))
    const said = trustsOthers ? readForwarded(rawLines) : NOTHING_SAID
    const peerScheme = peer.proxied?.isHttps === true ? 'https' : peer.scheme
    const scheme = said.scheme ?? peerScheme
    const chain = keepsChain && trustsOthers ? fieldValues(rawLines, 'x-forwarded-for').join(', ') : ''
    const forwardedFor =
      !keepsChain || !trustsOthers ? address : `${chain}${chain === '' ? '' : ', '}${peer.remoteAddress}`
    const port = said.port ?? (peerScheme === 'https' ? 443 : peer.serverPort)
    const host = said.authority === null ? null : parseAuthority(said.authority)
    return {
      address,
      authority: said.authority ?? authority,
      forwarded:
        scheme === peer.scheme && host === null ? null : { scheme, host: host ?? parseAuthority(authority) ?? '' },
      forwardingLines:
        `X-Real-IP: ${address}\r\nX-Forwarded-For: ${forwardedFor}\r\nX-Forwarded-Port: ${port}\r\n` +
        `X-Forwarded-Proto: ${scheme}\r\nX-Forwarded-Scheme: ${scheme}\r\nX-Scheme: ${scheme}\r\n`,
    }
  }

  /** The last address of the chain that is not a trusted proxy's, or the first of all; up to one that is none. */
  #clientAddress(peer: string, chain: string): string {
    let address = peer
    const hops = chain.split(',')
    for (let i = hops.length - 1; i >= Math.max(0, hops.length - MOST_HOPS); i--) {
      const hop = readAddress(hops[i]!.trim())
      if (hop === null) break
      address = hop
      if (!this.#trusted.admits(address)) break
    }
    return address
  }
}

interface Said {
  readonly scheme: Scheme | null
  readonly authority: string | null
  readonly port: number | null
}

const NOTHING_SAID: Said = { scheme: null, authority: null, port: null }

function readForwarded(rawLines: string): Said {
  const first = (name: string): string => (fieldValues(rawLines, name)[0] ?? '').split(',')[0]!.trim()
  const proto = first('x-forwarded-proto').toLowerCase()
  const authority = first('x-forwarded-host')
  const port = first('x-forwarded-port')
  return {
    scheme: proto === 'http' || proto === 'https' ? proto : null,
    authority: parseAuthority(authority) === null ? null : authority,
    port: /^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65_535 ? Number(port) : null,
  }
}

/** `1.2.3.4`, `1.2.3.4:80`, `2001:db8::1`, `[2001:db8::1]:80`; IPv4 within IPv6 becomes IPv4. */
function readAddress(text: string): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\](?::\d{1,5})?|(\d+\.\d+\.\d+\.\d+)(?::\d{1,5})?|([0-9a-f:.]+))$/i.exec(text)
  const address = (match?.[1] ?? match?.[2] ?? match?.[3] ?? '').toLowerCase().replace(/^::ffff:(?=\d+\.)/, '')
  return isIP(address) === 0 ? null : address
}

/** For fronts: who the client is, noted in the record. @returns `null` when it is the peer */
export function identifyClient(
  context: FrontContext,
  info: ClientInfo,
  authority: string,
  rawLines: string,
  record: RequestRecord,
): RequestClient | null {
  const trusted = context.trustedClients ?? null
  const proxied = info.proxied ?? null
  if (trusted === null && proxied === null) return null
  const client = trusted?.clientOf(info, authority, rawLines) ?? null
  if (client !== null) {
    record.peerAddress = info.remoteAddress
    record.remoteAddress = client.address
  }
  if (proxied === null) return client
  record.proxyProtocolAddress = proxied.addresses.sourceAddress
  record.proxyProtocolPort = proxied.addresses.sourcePort
  if (proxied.isTrusted) record.peerAddress = proxied.peerAddress
  return client ?? (proxied.isHttps ? clientOverHttps(info, authority) : null)
}

/** Of a balancer that ended TLS and says so by the port in its PROXY protocol header. */
function clientOverHttps(info: ClientInfo, authority: string): RequestClient {
  return {
    address: info.remoteAddress,
    authority,
    forwarded: { scheme: 'https', host: parseAuthority(authority) ?? '' },
    forwardingLines: info.forwardingLines,
  }
}
