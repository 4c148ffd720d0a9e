/** What `node:tls` is told about connections to upstreams. */
import { type ConnectionOptions, createSecureContext } from 'node:tls'
import type { UpstreamTlsConfig } from '../../routing/upstream-tls.ts'

/**
 * Without configuration neither certificates are verified nor SNI is sent, as ingress-nginx without `proxy-ssl-*`.
 *
 * @param protocols of ALPN, none for HTTP/1.1
 * @throws what OpenSSL says about certificates and ciphers that it cannot use
 */
export function createUpstreamTlsOptions(
  _config: UpstreamTlsConfig | undefined,
  protocols: readonly string[],
): ConnectionOptions {
  return {
    secureContext: createSecureContext(),
    rejectUnauthorized: false,
    ...(protocols.length === 0 ? {} : { ALPNProtocols: [...protocols] }),
  }
}
