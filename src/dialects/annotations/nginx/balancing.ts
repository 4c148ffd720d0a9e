/** Load balancing and session affinity: rows of the annotation registry (ingress-nginx, annotations.md). */
import { BOOL, HOST, int, oneOf, oneOfAnyCase, PATH, TEXT } from '../vocabulary.ts'
import { family } from './annotation-row.ts'

export const BALANCING = family('Load balancing and session affinity', 'service', {
  'load-balance': {
    value: oneOf('round_robin', 'ewma', 'least_conn'),
    initial: 'ConfigMap `load-balance` (round_robin)',
    risk: 'Low',
    tier: 'common',
    support: 'works',
    note: 'Counted by each worker for itself. The oldest Ingress that says anything about a Service port decides; a younger one that differs gets a finding.',
    differsWhen: /^least_conn$/,
    differs: '`least_conn` too, which ingress-nginx no longer has.',
  },
  'upstream-hash-by': {
    value: TEXT,
    risk: 'High',
    tier: 'common',
    support: 'works',
    differsWhen: 'remarked',
    differs:
      'Needs at least one variable: those of `auth-url`. A request for which the key is empty goes to the next pod in turn.',
  },
  'upstream-hash-by-subset': {
    value: BOOL,
    initial: 'false',
    risk: 'Low',
    tier: 'rare',
    support: 'works',
    differsWhen: /^(?:1|t|true)$/i,
    differs: 'A subset is the key and the next pods on the ring, so that few keys change pods when pods come or go.',
  },
  'upstream-hash-by-subset-size': {
    value: int(),
    initial: '3',
    risk: 'Low',
    tier: 'rare',
    support: 'works',
    note: '1 to 1000.',
  },
  affinity: {
    value: oneOf('cookie'),
    risk: 'Low',
    tier: 'core',
    support: 'works',
    differs:
      'Belongs to the route, not to the Service: another Ingress with the same Service sets and reads no cookie.',
  },
  'affinity-mode': {
    value: oneOf('balanced', 'persistent'),
    initial: 'balanced',
    risk: 'Medium',
    tier: 'common',
    support: 'works',
    note: '`balanced`: keys are hashed on a ring; when pods come or go only clients of those move. Cookies mean the same in every worker, and after a restart.',
  },
  'affinity-canary-behavior': {
    value: oneOf('sticky', 'legacy'),
    initial: 'sticky',
    risk: 'Low',
    tier: 'rare',
    support: 'works',
  },
  'session-cookie-name': { value: TEXT, initial: 'INGRESSCOOKIE', risk: 'Medium', tier: 'core', support: 'works' },
  'session-cookie-path': {
    value: PATH,
    initial: 'path of the rule',
    risk: 'Medium',
    tier: 'common',
    support: 'works',
    note: 'Default: the path of the rule; `/` where that is a regular expression, since no browser would match it.',
  },
  'session-cookie-domain': { value: HOST, risk: 'Medium', tier: 'rare', support: 'works' },
  'session-cookie-expires': { value: int(-2_147_483_648), risk: 'Medium', tier: 'common', support: 'works' },
  'session-cookie-max-age': { value: int(-2_147_483_648), risk: 'Medium', tier: 'common', support: 'works' },
  'session-cookie-secure': { value: BOOL, initial: 'false', risk: 'Low', tier: 'common', support: 'works' },
  'session-cookie-samesite': {
    value: oneOfAnyCase('None', 'Lax', 'Strict'),
    risk: 'Low',
    tier: 'common',
    support: 'works',
  },
  'session-cookie-conditional-samesite-none': {
    value: BOOL,
    initial: 'false',
    risk: 'Low',
    tier: 'rare',
    support: 'works',
  },
  'session-cookie-change-on-failure': {
    value: BOOL,
    initial: 'false',
    risk: 'Low',
    tier: 'common',
    support: 'works',
    differsWhen: /^(?:0|f|false)$/i,
    differs:
      '`false`: another pod answers while the chosen one cannot be reached, and the cookie stays (ingress-nginx tries the same pod again and answers 502).',
  },
})
