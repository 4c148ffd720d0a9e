/** How the proxy speaks TLS to the endpoints of a route (`proxy-ssl-*` and the like): plain data of the routing model. */

export type UpstreamTlsVersion = 'TLSv1.2' | 'TLSv1.3'

export interface UpstreamTlsConfig {
  /** SNI, and the name that a verified certificate must be for; empty = none. */
  readonly serverName: string
  /** False: {@link serverName} is verified but not sent. */
  readonly sendsServerName: boolean
  /** `null` = any certificate is good enough. */
  readonly verify: {
    /** Certificates to trust, PEM. */
    readonly caPem: string
    /** Longest chain of certificates between the upstream's and a trusted one. */
    readonly depth: number
  } | null
  /** Shown to upstreams that ask for one. */
  readonly clientCertificate: {
    readonly certPem: string
    /** Lives in memory only, see `redactModel`. */
    readonly keyPem: string
  } | null
  /** OpenSSL cipher list; empty = the default. */
  readonly ciphers: string
  readonly minVersion: UpstreamTlsVersion
  readonly maxVersion: UpstreamTlsVersion
}

/** The same without its private key, for printing. */
export function redactUpstreamTls(config: UpstreamTlsConfig): UpstreamTlsConfig {
  if (config.clientCertificate === null) return config
  return { ...config, clientCertificate: { ...config.clientCertificate, keyPem: '[redacted]' } }
}

/** One short sentence for explanations. */
export function describeUpstreamTls(config: UpstreamTlsConfig): string {
  const { verify, serverName, sendsServerName, clientCertificate } = config
  const checked = verify === null ? 'any certificate will do' : `a certificate for ${serverName} is wanted`
  const named = sendsServerName ? `, SNI is ${serverName}` : ''
  return `${checked}${named}${clientCertificate === null ? '' : ', ours is shown'}`
}
