/**
 * `ingress.kubernetes.io/`: the prefix of ingress-nginx before 0.9.0, and of its contemporaries. Contour still reads
 * one name of it; load balancers of Google Cloud write theirs here.
 */
import { NGINX } from './nginx.ts'
import { BOOL, rowsOf, type Vocabulary } from './vocabulary.ts'

const CONTOUR_READS = rowsOf('core', { 'force-ssl-redirect': BOOL })

function oldSpellings(): Record<string, string> {
  const aliases: Record<string, string> = {}
  for (const row of NGINX.rows) {
    if (!CONTOUR_READS.some((read) => read.name === row.name)) aliases[row.name] = `${NGINX.prefix}${row.name}`
  }
  return { ...aliases, ...NGINX.aliases }
}

export const NGINX_PREFIXES = { legacy: 'ingress.kubernetes.io/', today: NGINX.prefix } as const

/** True for names under which people write who is let in, and how often. */
export function isProtective(name: string): boolean {
  return /^(?:auth-(?:type|secret|url|tls-secret)|(?:whitelist|allowlist|denylist)-source-range|limit-|satisfy$)/.test(
    name,
  )
}

export const NGINX_LEGACY: Vocabulary = {
  controller: 'ingress-nginx before 0.9',
  prefix: NGINX_PREFIXES.legacy,
  rows: CONTOUR_READS,
  aliases: oldSpellings(),
  removed: NGINX.removed,
  mistakes: {
    ingress: 'choose the class with spec.ingressClassName or kubernetes.io/ingress.class',
    class: 'choose the class with spec.ingressClassName or kubernetes.io/ingress.class',
  },
  strict: 'close',
  areValuesJudgedElsewhere: false,
}
