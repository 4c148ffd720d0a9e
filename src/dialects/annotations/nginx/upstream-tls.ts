/** TLS to upstreams: rows of the annotation registry (ingress-nginx, annotations.md: Backend Certificate Authentication). */
import { HOST, int, OBJECT, ON_OFF, TEXT, words } from '../vocabulary.ts'
import { family } from './annotation-row.ts'

export const UPSTREAM_TLS = family('TLS to upstreams', 'location', {
  'proxy-ssl-secret': {
    value: OBJECT,
    risk: 'Medium',
    tier: 'common',
    support: 'works',
    closes: true,
    note: 'Keys `tls.crt` and `tls.key`, `ca.crt`, or all. Without it the others have no effect, as in ingress-nginx. Also holds for other Ingresses of the host, unless ConfigMap `proxy-ssl-location-only` says no.',
  },
  'proxy-ssl-verify': {
    value: ON_OFF,
    initial: 'off',
    risk: 'Low',
    tier: 'common',
    support: 'works',
    closes: true,
    note: 'A certificate that is not good answers 502.',
    differs: 'Without `proxy-ssl-secret` the routes answer 503.',
  },
  'proxy-ssl-verify-depth': { value: int(), initial: '1', risk: 'Low', tier: 'rare', support: 'works', closes: true },
  'proxy-ssl-ciphers': { value: TEXT, initial: 'DEFAULT', risk: 'Medium', tier: 'rare', support: 'works' },
  'proxy-ssl-protocols': {
    value: words('TLSv1.2', 'TLSv1.3'),
    initial: 'TLSv1.2',
    risk: 'Low',
    tier: 'rare',
    support: 'works',
  },
  'proxy-ssl-name': {
    value: HOST,
    initial: '`SERVICE.NAMESPACE.svc`',
    risk: 'High',
    tier: 'common',
    support: 'works',
    closes: true,
    differs: 'By default ingress-nginx verifies the name `upstream_balancer`, which no certificate has.',
  },
  'proxy-ssl-server-name': { value: ON_OFF, initial: 'off', risk: 'Low', tier: 'common', support: 'works' },
})
