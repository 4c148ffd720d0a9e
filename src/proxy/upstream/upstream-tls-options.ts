/** What `node:tls` is told about connections to upstreams. */
import { isIP } from 'node:net'
import {
  checkServerIdentity,
  type ConnectionOptions,
  createSecureContext,
  type DetailedPeerCertificate,
  type PeerCertificate,
} from 'node:tls'
import type { UpstreamTlsConfig } from '../../routing/upstream-tls.ts'

/** Suites of TLS 1.3, which lists of ciphers do not speak of. */
const TLS13_CIPHERS = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256'
/** More is a circle. */
const LONGEST_CHAIN = 100

/**
 * Without configuration neither certificates are verified nor SNI is sent, as ingress-nginx without `proxy-ssl-*`.
 *
 * @param protocols of ALPN, none for HTTP/1.1
 * @throws what OpenSSL says about certificates and ciphers that it cannot use
 */
export function createUpstreamTlsOptions(
  config: UpstreamTlsConfig | undefined,
  protocols: readonly string[],
): ConnectionOptions {
  const alpn = protocols.length === 0 ? {} : { ALPNProtocols: [...protocols] }
  if (config === undefined) return { secureContext: createSecureContext(), rejectUnauthorized: false, ...alpn }
  const { serverName, sendsServerName, verify, clientCertificate, ciphers, minVersion, maxVersion } = config
  const secureContext = createSecureContext({
    minVersion,
    maxVersion,
    ...(ciphers === '' ? {} : { ciphers: `${TLS13_CIPHERS}:${ciphers}` }),
    ...(verify === null ? {} : { ca: verify.caPem }),
    ...(clientCertificate === null ? {} : { cert: clientCertificate.certPem, key: clientCertificate.keyPem }),
  })
  return {
    secureContext,
    ...alpn,
    // An address is no server name (RFC 6066, 3).
    ...(sendsServerName && serverName !== '' && isIP(serverName) === 0 ? { servername: serverName } : {}),
    ...(verify === null
      ? { rejectUnauthorized: false }
      : {
          rejectUnauthorized: true,
          checkServerIdentity: (_: string, certificate: PeerCertificate) =>
            checkServerIdentity(serverName, certificate) ?? checkDepth(certificate, verify.depth),
        }),
  }
}

/** OpenSSL's way to count: neither the upstream's certificate nor the root is among them. */
function checkDepth(certificate: PeerCertificate, most: number): Error | undefined {
  let between = -1
  let at = certificate as DetailedPeerCertificate | undefined
  while (at !== undefined && at.issuerCertificate !== at && between < LONGEST_CHAIN) {
    between++
    at = at.issuerCertificate
  }
  if (between <= most) return undefined
  return new Error(`its chain has ${between} certificates below the root, and at most ${most} are allowed`)
}
