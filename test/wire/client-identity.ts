/** Authorities that wire cases name, and certificates of clients that these sign. Made when first named. */
import {
  type Authority,
  createTestAuthority,
  type IssuedCertificate,
  issueCertificate,
} from '../../src/proxy/testing/client-pki.ts'

export interface ClientIdentity {
  /** Name of the authority that signed it. */
  readonly authority: string
  /** Distinguished name, such as `CN=ann`. */
  readonly subject: string
}

const authorities = new Map<string, Promise<Authority>>()
const identities = new Map<string, Promise<IssuedCertificate>>()

export function authorityOf(name: string): Promise<Authority> {
  let authority = authorities.get(name)
  if (authority === undefined) {
    authority = createTestAuthority(`CN=${name}`)
    authorities.set(name, authority)
  }
  return authority
}

/** The same certificate whenever the same is asked for. */
export function identityOf({ authority, subject }: ClientIdentity): Promise<IssuedCertificate> {
  const key = `${authority} ${subject}`
  let identity = identities.get(key)
  if (identity === undefined) {
    identity = authorityOf(authority).then((signer) => issueCertificate(signer, subject))
    identities.set(key, identity)
  }
  return identity
}
