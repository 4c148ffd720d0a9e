/** CORS: rows of the annotation registry (ingress-nginx, annotations.md: Enable CORS). */
import { BOOL, int, TEXT_LIST } from '../vocabulary.ts'
import { family } from './annotation-row.ts'

export const CORS = family('CORS', 'location', {
  'enable-cors': {
    value: BOOL,
    initial: 'false',
    risk: 'Low',
    tier: 'core',
    support: 'works',
    differsWhen: /^(?:1|t|true)$/i,
    differs: 'The 204 to a preflight carries neither `Content-Length` nor `Content-Type` (RFC 9110, 8.6).',
  },
  'cors-allow-origin': {
    value: TEXT_LIST,
    initial: '*',
    risk: 'Medium',
    tier: 'core',
    support: 'works',
    differs:
      'Origins are compared whole, not only at their end; an entry needs its scheme. Entries that cannot be read let nobody in, where ingress-nginx falls back to `*`. Listed origins get `Vary: Origin`.',
  },
  'cors-allow-methods': {
    value: TEXT_LIST,
    initial: 'GET, PUT, POST, DELETE, PATCH, OPTIONS',
    risk: 'Medium',
    tier: 'core',
    support: 'works',
  },
  'cors-allow-headers': {
    value: TEXT_LIST,
    initial:
      'DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization',
    risk: 'Medium',
    tier: 'core',
    support: 'works',
  },
  'cors-allow-credentials': {
    value: BOOL,
    initial: 'true',
    risk: 'Low',
    tier: 'core',
    support: 'works',
    differsWhen: 'remarked',
    differs:
      'A value that cannot be read lets no other origin in; so do `cors-allow-headers` and `cors-allow-methods`. ingress-nginx falls back to its defaults.',
  },
  'cors-expose-headers': { value: TEXT_LIST, risk: 'Medium', tier: 'common', support: 'works' },
  'cors-max-age': { value: int(), initial: '1728000', risk: 'Low', tier: 'common', support: 'works' },
})
