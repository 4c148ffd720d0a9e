/** Objects of the configuration as what Events are about. */
import type { KindsSource } from '../../sources/cluster/kinds-source.ts'
import type { EventTarget } from '../cluster/event-sink.ts'
import { CONFIG_KINDS } from './followed-kinds.ts'

const API_VERSIONS = new Map(CONFIG_KINDS.map(({ kind, apiVersion }) => [kind, apiVersion]))

/** @param object `Kind namespace/name` @returns `null` when it is not there any more */
export function findConfigTarget(source: Pick<KindsSource, 'find'>, object: string): EventTarget | null {
  const [kind = '', path = ''] = object.split(' ')
  const [name = '', namespace = ''] = path.split('/').reverse()
  const found = source.find(kind, namespace, name)
  if (found === undefined) return null
  return { apiVersion: API_VERSIONS.get(kind) ?? 'v1', kind, namespace, name, uid: found.meta.uid }
}
