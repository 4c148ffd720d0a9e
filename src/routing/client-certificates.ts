/** Client certificates that a host asks of its TLS clients: plain data of the routing model (ingress-nginx, annotations.md). */

/** `off` asks nobody, but upstreams hear so and clients cannot say otherwise. */
export type ClientCertificateMode = 'required' | 'optional' | 'optional-no-ca' | 'off'

export interface ClientCertificatePolicy {
  readonly mode: ClientCertificateMode
  /** Certificates to trust, PEM. */
  readonly caPem: string
  /** Revocation lists for every authority in the chain, PEM; absent = revocation is not checked. */
  readonly crlPem?: string
  /** Most certificates between the client's and a trusted root. */
  readonly depth: number
  /** Clients without a good certificate are redirected there (302) instead of 400; empty = off. */
  readonly errorPage: string
  /** Upstreams get the certificate in `ssl-client-cert`. */
  readonly passesCertificate: boolean
  /** Expression that the subject's distinguished name must match somewhere; empty = any subject. */
  readonly matchCn: string
}

/** Of a virtual host. `denied`: certificates were asked for in a way that cannot be done, so nobody is served. */
export type ClientCertificates = ClientCertificatePolicy | { readonly denied: true }
