/** TLS that an Ingress asks for, towards clients and towards upstreams, whoever's annotations said so. Plain data. */
import type { ClientCertificateMode, ClientCertificates } from '../../routing/client-certificates.ts'
import type { HostTlsPolicy } from '../../routing/tls-policy.ts'
import type { UpstreamTlsConfig, UpstreamTlsVersion } from '../../routing/upstream-tls.ts'

/** As it is asked for. */
export interface ClientCertificateText {
  /** `[namespace/]name`; empty = none. */
  readonly secret: string
  readonly mode: ClientCertificateMode
  readonly depth: number
  readonly errorPage: string
  readonly passesCertificate: boolean
  readonly matchCn: string
  /** A part could not be read: nobody is served. */
  readonly isBroken: boolean
}

/** As it is asked for; effective only with a Secret. */
export interface UpstreamTlsText {
  /** `[namespace/]name`; empty = none. */
  readonly secret: string
  readonly isVerified: boolean
  readonly depth: number
  readonly ciphers: string
  readonly minVersion: UpstreamTlsVersion
  readonly maxVersion: UpstreamTlsVersion
  /** Empty = the name of the Service. */
  readonly name: string
  readonly sendsName: boolean
}

export interface TlsSettings {
  readonly clientText: ClientCertificateText
  /** What it comes to; `null` = nothing is asked here. */
  readonly clientCertificates: ClientCertificates | null
  /** Certificates are asked for, but no Secret says whose: another Ingress of the host must. */
  readonly lacksAuthorities: boolean
  /** Of the Ingress's hosts. */
  readonly host: HostTlsPolicy
  readonly upstreamText: UpstreamTlsText
  /** What it comes to. An empty `serverName` stands for that of the Service. */
  readonly upstream: UpstreamTlsConfig | null
  /** Otherwise it also holds for other Ingresses of the host that ask for nothing themselves. */
  readonly isUpstreamLocal: boolean
}

/** ingress-nginx's defaults (docs/nginx-annotations.md: TLS to upstreams, Client certificates). */
export const PLAIN_TLS: TlsSettings = {
  clientText: {
    secret: '',
    mode: 'required',
    depth: 1,
    errorPage: '',
    passesCertificate: false,
    matchCn: '',
    isBroken: false,
  },
  clientCertificates: null,
  lacksAuthorities: false,
  host: {},
  upstreamText: {
    secret: '',
    isVerified: false,
    depth: 1,
    ciphers: '',
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
    name: '',
    sendsName: false,
  },
  upstream: null,
  isUpstreamLocal: false,
}
