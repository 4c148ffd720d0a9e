/** Password authentication: rows of the annotation registry (ingress-nginx, annotations.md: Authentication). */
import { OBJECT, oneOf, TEXT } from '../vocabulary.ts'
import { family } from './annotation-row.ts'

export const PASSWORD = family('Password authentication', 'location', {
  'auth-type': {
    value: oneOf('basic', 'digest'),
    risk: 'Low',
    tier: 'core',
    support: 'works',
    closes: true,
    note: 'A password is checked beside the event loop and remembered for five minutes; when too many wait, 503 with `Retry-After`.',
    differsWhen: /^digest$/,
    differs: '`digest` is not available: the routes answer 503.',
  },
  'auth-secret': {
    value: OBJECT,
    risk: 'Medium',
    tier: 'core',
    support: 'works',
    closes: true,
    note: 'Hashes: bcrypt (cost up to 14), `$apr1$`, `{SHA}`, `{SSHA}`, `$5$`, `$6$`.',
    differsWhen: 'remarked',
    differs: 'Plain text and DES crypt are refused, for that user alone. Without `auth-type` the routes answer 503.',
  },
  'auth-secret-type': {
    value: oneOf('auth-file', 'auth-map'),
    initial: 'auth-file',
    risk: 'Low',
    tier: 'common',
    support: 'works',
    closes: true,
  },
  'auth-realm': {
    value: TEXT,
    initial: 'empty',
    risk: 'Medium',
    tier: 'common',
    support: 'works',
    differsWhen: /^off$/,
    differs: '`off` is a realm like any other; in nginx it would switch the password off.',
  },
})
