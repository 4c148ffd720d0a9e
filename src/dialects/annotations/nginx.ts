/**
 * Every annotation of ingress-nginx v1.15, and those that older releases had. The rows are in `nginx/`, one file per
 * family. What a value does, and remarks about values, are the business of `src/dialects/nginx`.
 */
import type { Family, RegistryRow } from './nginx/annotation-row.ts'
import { AUTH_SERVICE } from './nginx/auth-service.ts'
import { BALANCING } from './nginx/balancing.ts'
import { CANARY } from './nginx/canary.ts'
import { CLIENT_CERTIFICATE } from './nginx/client-certificate.ts'
import { CORS } from './nginx/cors.ts'
import { FIREWALL } from './nginx/firewall.ts'
import { LIMITS } from './nginx/limits.ts'
import { MIRROR } from './nginx/mirror.ts'
import { PASSWORD } from './nginx/password.ts'
import { REMOVED } from './nginx/removed.ts'
import { ROUTING } from './nginx/routing.ts'
import { SNIPPETS } from './nginx/snippets.ts'
import { TELEMETRY } from './nginx/telemetry.ts'
import { TLS } from './nginx/tls.ts'
import { UPSTREAM_TLS } from './nginx/upstream-tls.ts'
import { UPSTREAM } from './nginx/upstream.ts'
import type { Vocabulary } from './vocabulary.ts'

/** In the order in which the documentation shows them. */
export const NGINX_FAMILIES: readonly Family[] = [
  ROUTING,
  UPSTREAM,
  UPSTREAM_TLS,
  CORS,
  PASSWORD,
  AUTH_SERVICE,
  CLIENT_CERTIFICATE,
  LIMITS,
  BALANCING,
  CANARY,
  TLS,
  TELEMETRY,
  MIRROR,
  FIREWALL,
  SNIPPETS,
]

const PREFIX = 'nginx.ingress.kubernetes.io/'
const ROWS: readonly RegistryRow[] = NGINX_FAMILIES.flatMap((family) => family.rows)
const BY_NAME: ReadonlyMap<string, RegistryRow> = new Map(
  ROWS.flatMap((row) => [row.name, ...row.aliases].map((name) => [name, row])),
)

/** The row of a name after the prefix, or of an older spelling of it. */
export function findNginxRow(name: string): RegistryRow | undefined {
  return BY_NAME.get(name)
}

export const NGINX: Vocabulary = {
  controller: 'ingress-nginx',
  prefix: PREFIX,
  rows: ROWS,
  aliases: Object.fromEntries(ROWS.flatMap((row) => row.aliases.map((alias) => [alias, `${PREFIX}${row.name}`]))),
  removed: REMOVED,
  strict: 'all',
  areValuesJudgedElsewhere: true,
}
