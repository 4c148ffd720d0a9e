/** Snippets: rows of the annotation registry (ingress-nginx reference, 1.10). */
import { SNIPPET } from '../vocabulary.ts'
import { family } from './annotation-row.ts'

export const SNIPPETS = family('Snippets', 'location', {
  'configuration-snippet': {
    value: SNIPPET,
    risk: 'Critical',
    tier: 'core',
    support: 'refused',
    note: 'Configuration text is never executed; the finding names typed replacements.',
  },
  'server-snippet': {
    value: SNIPPET,
    scope: 'host',
    risk: 'Critical',
    tier: 'core',
    support: 'refused',
    note: 'Configuration text is never executed; the finding names typed replacements.',
  },
  'auth-snippet': {
    value: SNIPPET,
    risk: 'Critical',
    tier: 'rare',
    support: 'refused',
    note: 'Configuration text is never executed; the finding names typed replacements.',
  },
  'modsecurity-snippet': {
    value: SNIPPET,
    risk: 'Critical',
    tier: 'rare',
    support: 'refused',
    note: 'Configuration text is never executed; the finding names typed replacements.',
  },
  'stream-snippet': {
    value: SNIPPET,
    scope: 'host',
    risk: 'Critical',
    tier: 'rare',
    support: 'refused',
    note: 'Configuration text is never executed; the finding names typed replacements.',
  },
})
