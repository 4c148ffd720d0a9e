/** What a listener knows about a client when its connection begins. */
import type { Socket } from 'node:net'
import type { TlsClient } from '../routing/client-certificate-check.ts'
import type { Scheme } from '../routing/model.ts'
import { describeConnection } from './connection-facts.ts'
import type { ClientInfo } from './downstream.ts'
import { connectionForwardingLines } from './forwarding-headers.ts'
import type { ProxiedClient } from './proxy-protocol/proxied-client.ts'

/** The peer of a socket, IPv4 within IPv6 as IPv4; empty when it is gone. */
export function peerAddressOf(socket: Socket): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '')
}

/**
 * @param serverPort of the listener
 * @param proxied `null` when the peer speaks for itself
 */
export function describeClient(
  socket: Socket,
  scheme: Scheme,
  serverPort: number,
  proxied: ProxiedClient | null,
  tlsProtocol: string,
  tlsCipher: string,
  tlsClient: TlsClient | null = null,
): ClientInfo {
  const named = proxied?.isTrusted === true ? proxied.addresses : null
  const remoteAddress = named?.sourceAddress ?? peerAddressOf(socket)
  const forwardedScheme = proxied?.isHttps === true ? 'https' : scheme
  return {
    scheme,
    remoteAddress,
    remotePort: named?.sourcePort ?? socket.remotePort ?? 0,
    serverPort,
    tlsProtocol,
    tlsCipher,
    forwardingLines: connectionForwardingLines(forwardedScheme, remoteAddress, serverPort),
    proxied,
    tlsClient,
    connection: describeConnection(socket),
  }
}
