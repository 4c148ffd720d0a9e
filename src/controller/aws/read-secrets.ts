/** Parts of Secrets that go to AWS: OIDC credentials, and certificates that are imported. Read when a call is made, never kept. */
import type { ReadSecret, SecretPart } from '../../aws/deploy/execute/placeholders.ts'
import { Secret } from '../../base/secret.ts'
import type { KubeSecret } from '../../kube/objects.ts'
import { readTlsSecret } from '../../kube/tls-secret.ts'

const PEM = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g

/** @param find a Secret that something refers to, by `namespace/name` */
export function createSecretReader(find: (key: string) => KubeSecret | undefined): ReadSecret {
  return (key, part) =>
    // A rejection, not an exception: the executor waits for either.
    Promise.resolve().then(() => {
      const secret = find(key)
      if (secret === undefined) throw new Error(`Cannot read Secret ${key}: it does not exist, or may not be read`)
      if (part === 'clientId') return credential(secret, key, ['clientID', 'clientId'])
      if (part === 'clientSecret') return credential(secret, key, ['clientSecret'])
      return certificatePart(secret, key, part)
    })
}

/** White space and control characters at the end come from `echo` and are no part of it. */
function credential({ data }: KubeSecret, key: string, names: readonly string[]): Secret {
  const value = names.map((name) => data[name]).find((one) => one !== undefined)
  if (value === undefined) throw new Error(`Cannot read Secret ${key}: it has no key ${names.join(' or ')}`)
  return new Secret(
    Buffer.from(
      value
        .reveal()
        .toString('utf8')
        .replace(/[\s\p{Cc}]+$/u, ''),
    ),
  )
}

function certificatePart(secret: KubeSecret, key: string, part: SecretPart): Secret | null {
  const read = readTlsSecret(secret)
  if (!read.ok) throw new Error(`Cannot import the certificate of Secret ${key}: it cannot be served; see its finding`)
  const { certPem, keyPem } = read.value
  const [leaf = '', ...chain] = certPem.match(PEM) ?? []
  if (part === 'certificate') return new Secret(Buffer.from(leaf))
  if (part === 'privateKey') return new Secret(Buffer.from(keyPem))
  return chain.length === 0 ? null : new Secret(Buffer.from(chain.join('\n')))
}
