/** Parts of Secrets that go to AWS: OIDC credentials, and certificates that are imported. Read when a call is made, never kept. */
import type { ReadSecret, SecretPart } from '../../aws/deploy/execute/placeholders.ts'
import { Secret } from '../../base/secret.ts'
import type { KubeSecret } from '../../kube/objects.ts'
import { readOidcClient } from '../../kube/oidc-secret.ts'
import { readTlsSecret } from '../../kube/tls-secret.ts'

const PEM = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g

/** @param find a Secret that something refers to, by `namespace/name` */
export function createSecretReader(find: (key: string) => KubeSecret | undefined): ReadSecret {
  return (key, part) =>
    // A rejection, not an exception: the executor waits for either.
    Promise.resolve().then(() => {
      const secret = find(key)
      if (secret === undefined) throw new Error(`Cannot read Secret ${key}: it does not exist, or may not be read`)
      if (part === 'clientId' || part === 'clientSecret') return credential(secret, key, part)
      return certificatePart(secret, key, part)
    })
}

function credential(secret: KubeSecret, key: string, part: 'clientId' | 'clientSecret'): Secret {
  const client = readOidcClient(secret)
  if (!client.ok) throw new Error(`Cannot read Secret ${key}: ${client.problem}`)
  return new Secret(Buffer.from(client[part]))
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
