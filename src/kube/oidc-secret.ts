/** Reads the OIDC client of a Secret, as the AWS Load Balancer Controller does. */
import { createHash } from 'node:crypto'
import type { KubeSecret } from './objects.ts'

export type OidcClient =
  | {
      readonly ok: true
      readonly clientId: string
      readonly clientSecret: string
      /** SHA-256 over both, lower-case hex: tells whether either changed. */
      readonly fingerprint: string
    }
  /** `<state>; <what would be accepted>`, without any content. */
  | { readonly ok: false; readonly problem: string }

/** Keys `clientID` (or `clientId`) and `clientSecret`; white space and control characters at the end are no part of them. */
export function readOidcClient(secret: KubeSecret): OidcClient {
  const clientId = textOf(secret, 'clientID') || textOf(secret, 'clientId')
  const clientSecret = textOf(secret, 'clientSecret')
  if (clientId === '' || clientSecret === '') {
    const missing = clientId === '' ? 'clientID' : 'clientSecret'
    return { ok: false, problem: `it has no text under the key ${missing}; accepted are clientID and clientSecret` }
  }
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([clientId, clientSecret]))
    .digest('hex')
  return { ok: true, clientId, clientSecret, fingerprint }
}

function textOf(secret: KubeSecret, key: string): string {
  const bytes = Object.hasOwn(secret.data, key) ? secret.data[key] : undefined
  if (bytes === undefined) return ''
  const text = bytes.reveal().toString('utf8')
  let end = text.length
  // A line feed from `echo | base64` is the usual case.
  while (end > 0 && isSpace(text[end - 1] ?? '')) end--
  return text.slice(0, end)
}

function isSpace(char: string): boolean {
  return char <= ' ' || char === '\u007f' || char.trim() === ''
}
