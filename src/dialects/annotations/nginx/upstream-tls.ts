/** TLS to upstreams: rows of the annotation registry (ingress-nginx reference, 1.2). */
import { HOST, int, OBJECT, ON_OFF, TEXT, words } from '../vocabulary.ts'
import { family } from './annotation-row.ts'

export const UPSTREAM_TLS = family('TLS to upstreams', 'location', {
  'proxy-ssl-secret': { value: OBJECT, risk: 'Medium', tier: 'common', support: 'missing' },
  'proxy-ssl-verify': { value: ON_OFF, initial: 'off', risk: 'Low', tier: 'common', support: 'missing' },
  'proxy-ssl-verify-depth': { value: int(), initial: '1', risk: 'Low', tier: 'rare', support: 'missing' },
  'proxy-ssl-ciphers': { value: TEXT, initial: 'DEFAULT', risk: 'Medium', tier: 'rare', support: 'missing' },
  'proxy-ssl-protocols': {
    value: words('TLSv1.2', 'TLSv1.3'),
    initial: 'TLSv1.2',
    risk: 'Low',
    tier: 'rare',
    support: 'missing',
  },
  'proxy-ssl-name': { value: HOST, risk: 'High', tier: 'common', support: 'missing' },
  'proxy-ssl-server-name': { value: ON_OFF, initial: 'off', risk: 'Low', tier: 'common', support: 'missing' },
})
