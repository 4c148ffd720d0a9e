/** Canaries: rows of the annotation registry (ingress-nginx, annotations.md: Canary). */
import { BOOL, int, TEXT } from '../vocabulary.ts'
import { family } from './annotation-row.ts'

export const CANARY = family('Canaries', 'location', {
  canary: {
    value: BOOL,
    initial: 'false',
    risk: 'Low',
    tier: 'core',
    support: 'works',
    differsWhen: /^(?:1|t|true)$/i,
    differs:
      'Attached to the route with the same host, path and pathType, and to no other one, though it may share the Service (ingress-nginx attaches it to the Service). Without such a route, or beside an older canary, it gets no requests, with a finding. A canary without ready pods takes none.',
  },
  'canary-by-header': { value: TEXT, risk: 'Medium', tier: 'core', support: 'works' },
  'canary-by-header-value': { value: TEXT, risk: 'Medium', tier: 'core', support: 'works' },
  'canary-by-header-pattern': {
    value: TEXT,
    risk: 'Medium',
    tier: 'common',
    support: 'works',
    differsWhen: 'remarked',
    differs: 'Expressions run in linear time; look-around and back-references are refused.',
  },
  'canary-by-cookie': { value: TEXT, risk: 'Medium', tier: 'common', support: 'works' },
  'canary-weight': { value: int(), initial: '0', risk: 'Low', tier: 'core', support: 'works' },
  'canary-weight-total': { value: int(), initial: '100', risk: 'Low', tier: 'rare', support: 'works' },
})
