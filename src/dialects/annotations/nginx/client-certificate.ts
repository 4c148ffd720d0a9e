/** Client certificates: rows of the annotation registry (ingress-nginx reference, 1.6). */
import { BOOL, int, OBJECT, oneOf, TEXT, URL_TEXT } from '../vocabulary.ts'
import { family } from './annotation-row.ts'

export const CLIENT_CERTIFICATE = family('Client certificates', 'host', {
  'auth-tls-secret': { value: OBJECT, risk: 'Medium', tier: 'core', support: 'missing', closes: true },
  'auth-tls-verify-client': {
    value: oneOf('on', 'off', 'optional', 'optional_no_ca'),
    initial: 'on',
    risk: 'Medium',
    tier: 'common',
    support: 'missing',
    closes: true,
  },
  'auth-tls-verify-depth': {
    value: int(),
    initial: '1',
    risk: 'Low',
    tier: 'common',
    support: 'missing',
    closes: true,
  },
  'auth-tls-error-page': { value: URL_TEXT, risk: 'High', tier: 'common', support: 'missing', closes: true },
  'auth-tls-pass-certificate-to-upstream': {
    value: BOOL,
    initial: 'false',
    risk: 'Low',
    tier: 'common',
    support: 'missing',
    closes: true,
  },
  'auth-tls-match-cn': { value: TEXT, risk: 'High', tier: 'common', support: 'missing', closes: true },
})
