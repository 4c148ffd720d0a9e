/** Client certificates: rows of the annotation registry (ingress-nginx, annotations.md: Client Certificate Authentication). */
import { BOOL, int, OBJECT, oneOf, TEXT, URL_TEXT } from '../vocabulary.ts'
import { family } from './annotation-row.ts'

export const CLIENT_CERTIFICATE = family('Client certificates', 'host', {
  'auth-tls-secret': {
    value: OBJECT,
    risk: 'Medium',
    tier: 'core',
    support: 'works',
    closes: true,
    note: 'Keys `ca.crt` and, if wanted, `ca.crl`. A Secret that is absent or cannot be read: the hosts answer 403, on both ports. No TLS session of such a host is resumed. A changed Secret counts at once; connections from before get 421.',
    differs:
      'Plain http answers 403 where it does not redirect to https; ACME challenges are served. A name in SNI other than Host gets 421 in every mode. The Secret may be named without its namespace.',
  },
  'auth-tls-verify-client': {
    value: oneOf('on', 'off', 'optional', 'optional_no_ca'),
    initial: 'on',
    risk: 'Medium',
    tier: 'common',
    support: 'works',
    note: '`optional_no_ca` lets in certificates of any authority, not expired or revoked ones. `off` asks nobody; upstreams get `ssl-client-verify: NONE`.',
    differs: '`on` without `auth-tls-secret` on any Ingress of the host: the host answers 403.',
  },
  'auth-tls-verify-depth': { value: int(), initial: '1', risk: 'Low', tier: 'common', support: 'works', closes: true },
  'auth-tls-error-page': {
    value: URL_TEXT,
    risk: 'High',
    tier: 'common',
    support: 'works',
    note: 'A URL with scheme.',
  },
  'auth-tls-pass-certificate-to-upstream': {
    value: BOOL,
    initial: 'false',
    risk: 'Low',
    tier: 'common',
    support: 'works',
  },
  'auth-tls-match-cn': {
    value: TEXT,
    risk: 'High',
    tier: 'common',
    support: 'works',
    closes: true,
    note: 'Looked for anywhere in the subject, as in ingress-nginx: end it with `,` or `$` to match a whole name.',
    differs: 'Runs in linear time; look-around and back-references are refused.',
  },
})
