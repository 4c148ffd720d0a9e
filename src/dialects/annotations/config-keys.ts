/** Every key of ingress-nginx's ConfigMap (configmap.md of its user guide). */
import { CONTENT, GLOBAL_AUTH, TLS } from './config-keys/content.ts'
import type { ConfigKeyFamily, ConfigKeyRow } from './config-keys/config-key-row.ts'
import { CLIENT, POLICY } from './config-keys/policy.ts'
import { SERVER, STREAMS, UPSTREAMS } from './config-keys/server.ts'
import { LOGS, TRACES } from './config-keys/telemetry.ts'

export const CONFIG_KEY_FAMILIES: readonly ConfigKeyFamily[] = [
  POLICY,
  CLIENT,
  TLS,
  SERVER,
  UPSTREAMS,
  STREAMS,
  CONTENT,
  GLOBAL_AUTH,
  LOGS,
  TRACES,
]

const BY_KEY: ReadonlyMap<string, ConfigKeyRow> = new Map(
  CONFIG_KEY_FAMILIES.flatMap(({ rows }) => rows.map((row) => [row.key, row] as const)),
)

export function findConfigKey(key: string): ConfigKeyRow | undefined {
  return BY_KEY.get(key)
}

export function configKeyNames(): readonly string[] {
  return [...BY_KEY.keys()]
}
