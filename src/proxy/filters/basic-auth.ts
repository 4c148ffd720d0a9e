/** Gate: Basic authentication (RFC 7617) against htpasswd hashes (ingress-nginx, annotations.md: Authentication). */
import type { Gate, GatePass, GateRefusal, GateVerdict } from '../../routing/gate.ts'
import { type BasicAuthConfig, describeGate } from '../../routing/gate-config.ts'
import { readCredentials } from './basic-auth-credentials.ts'
import type { PasswordChecker, PasswordOutcome } from './password-checker.ts'

/** Passwords of one gate that wait at once: who floods it with guesses does not keep others from logging in elsewhere. */
const MOST_PENDING = 64

/** The password is for the proxy: the upstream does not see it. */
const ADMITTED: GatePass = {
  kind: 'pass',
  requestLines: '',
  removedRequestHeaders: ['authorization'],
  responseLines: '',
}
const BUSY: GateRefusal = {
  kind: 'refuse',
  status: 503,
  contentType: 'text/plain',
  body: '503 Service Temporarily Unavailable\n',
  responseLines: 'Retry-After: 1\r\n',
}

export function createBasicAuthGate(config: BasicAuthConfig, passwords: PasswordChecker): Gate {
  // As in nginx, the first line of a user counts.
  const hashes = new Map(config.users.map(({ name, hash }) => [name, hash] as const).reverse())
  /** For users that do not exist: costs what a real one costs. */
  const anyHash = config.users[0]?.hash ?? ''
  const refusal: GateRefusal = {
    kind: 'refuse',
    status: 401,
    contentType: 'text/plain',
    body: '401 Authorization Required\n',
    responseLines: `WWW-Authenticate: Basic realm="${quoteRealm(config.realm)}"\r\n`,
  }
  let pending = 0
  const toVerdict = (outcome: PasswordOutcome): GateVerdict =>
    outcome === 'right' ? ADMITTED : outcome === 'wrong' ? refusal : BUSY
  return {
    description: describeGate(config),
    check({ rawLines }) {
      const credentials = readCredentials(rawLines)
      if (credentials === null || anyHash === '') return refusal
      const hash = hashes.get(credentials.user)
      const mayCompute = pending < MOST_PENDING
      const outcome = passwords.check(credentials, hash ?? anyHash, hash !== undefined, mayCompute)
      if (!(outcome instanceof Promise)) return toVerdict(outcome)
      pending++
      return outcome.then((settled) => {
        pending--
        return toVerdict(settled)
      })
    },
    release: null,
  }
}

/** A quoted-string (RFC 9110, 5.6.4) whatever the text; dialects refuse what does not belong into one. */
function quoteRealm(realm: string): string {
  return Buffer.from(realm.replaceAll(/[^\x20-\x7e\u0080-\uffff]/g, ''), 'utf8')
    .toString('latin1')
    .replaceAll(/["\\]/g, '\\$&')
}
