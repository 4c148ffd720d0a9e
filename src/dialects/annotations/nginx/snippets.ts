/** Snippets: rows of the annotation registry (ingress-nginx, annotations.md: Configuration, Server and Stream snippet). */
import { SNIPPET } from '../vocabulary.ts'
import { family } from './annotation-row.ts'

const NOTE =
  'Configuration text is never executed; the finding names the typed annotations that do the same, see [genkan-annotations.md](genkan-annotations.md). Where the text means protection (`deny`, `allow`, `auth_*`, `return 403`, ...), routes (with server-snippet those of the whole host) answer 503 until typed annotations beside it say the same.'

export const SNIPPETS = family('Snippets', 'location', {
  'configuration-snippet': {
    value: SNIPPET,
    risk: 'Critical',
    tier: 'core',
    support: 'refused',
    note: NOTE,
  },
  'server-snippet': {
    value: SNIPPET,
    scope: 'host',
    risk: 'Critical',
    tier: 'core',
    support: 'refused',
    note: NOTE,
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
