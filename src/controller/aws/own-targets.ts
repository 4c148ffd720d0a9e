/**
 * Which targets of a target group that several clusters fill are ours, kept in a ConfigMap for each group: without it nobody
 * would take them out after a restart.
 */
import { createHash } from 'node:crypto'
import type { OwnTargets } from '../../aws/deploy/targets/lane-events.ts'
import { ApiError, type ApiTransport } from '../../sources/cluster/api-transport.ts'
import { collectionPath, CONFIG_MAPS, objectPath } from '../../sources/cluster/resource.ts'

const KEY = 'targets.json'
const ARN_KEY = 'targetGroupArn'
const READ_MS = 10_000

/** @param namespace that of our pod */
export function createOwnTargets(transport: Pick<ApiTransport, 'json'>, namespace: string): OwnTargets {
  const request = async <T>(
    method: 'GET' | 'PUT' | 'POST' | 'DELETE',
    path: string,
    body?: object,
  ): Promise<T | null> => {
    try {
      const signal = AbortSignal.timeout(READ_MS)
      return await transport.json<T>({ method, path, signal, ...(body === undefined ? {} : { body }) })
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return null
      throw error
    }
  }
  return {
    async load(arn) {
      const path = objectPath(CONFIG_MAPS, namespace, nameOf(arn))
      const found = await request<{ readonly data?: Readonly<Record<string, string>> }>('GET', path)
      if (found === null) return []
      const keys = JSON.parse(found.data?.[KEY] ?? 'null') as unknown
      if (Array.isArray(keys) && keys.every((key) => typeof key === 'string')) return keys
      throw new Error(`Cannot tell which targets of ${arn} are ours: ConfigMap ${nameOf(arn)} holds no list of them`)
    },
    async save(arn, keys) {
      const path = objectPath(CONFIG_MAPS, namespace, nameOf(arn))
      if (keys.length === 0) {
        await request('DELETE', path)
        return
      }
      const metadata = { name: nameOf(arn), namespace, labels: { 'app.kubernetes.io/managed-by': 'genkan' } }
      const data = { [ARN_KEY]: arn, [KEY]: JSON.stringify(keys) }
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data }
      const written = await request('PUT', path, body)
      if (written === null) await request('POST', collectionPath(CONFIG_MAPS, namespace), body)
    },
  }
}

function nameOf(arn: string): string {
  return `genkan-aws-targets-${createHash('sha256').update(arn).digest('hex').slice(0, 16)}`
}
