/** Keys, certificates and tokens of one test cluster. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { type CertificatePair, createAuthority, createSignedBy } from '../../../src/base/certificate.ts'
import type { TemporaryFolder } from '../../support/temporary-folder.ts'

export interface ClusterCredentials {
  readonly authority: CertificatePair
  readonly authorityFile: string
  readonly servingCertificateFile: string
  readonly servingKeyFile: string
  /** Signs the tokens of service accounts. */
  readonly accountKeyFile: string
  /** Static tokens of kube-apiserver: `token,user,uid,"groups"`. */
  readonly tokenFile: string
  /** A member of `system:masters`. */
  readonly adminToken: string
}

export async function createCredentials(folder: TemporaryFolder): Promise<ClusterCredentials> {
  const authority = await createAuthority('test cluster')
  const serving = await createSignedBy(authority, ['localhost', '127.0.0.1', 'kubernetes.default.svc'])
  const account = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const adminToken = randomBytes(24).toString('hex')
  const write = (name: string, text: string): string => {
    const file = folder.file(name)
    writeFileSync(file, text, { mode: 0o600 })
    return file
  }
  return {
    authority,
    authorityFile: write('ca.crt', authority.certPem),
    servingCertificateFile: write('apiserver.crt', serving.certPem),
    servingKeyFile: write('apiserver.key', serving.keyPem),
    accountKeyFile: write('account.key', account.privateKey),
    tokenFile: write('tokens.csv', `${adminToken},admin,admin,"system:masters"\n`),
    adminToken,
  }
}

export interface KubeconfigUser {
  readonly token?: string
  readonly tokenFile?: string
}

/** A kubeconfig of one context. @param user a string is a bearer token */
export function formatKubeconfig(server: string, authorityPem: string, user: KubeconfigUser | string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'test',
        cluster: { server, 'certificate-authority-data': Buffer.from(authorityPem).toString('base64') },
      },
    ],
    users: [{ name: 'test', user: typeof user === 'string' ? { token: user } : user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  })
}
