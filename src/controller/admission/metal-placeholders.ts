/** Objects that stand for those that others name and that are not there yet. */
import { decodeObject } from '../../kube/decode/decode-object.ts'
import type { AnyObject } from '../../kube/objects.ts'

const PROFILE = 'BFDProfile'
const ALIAS = 'Community'

/**
 * For BFD profiles and names of communities: what names them is left out without them, and its other mistakes would not be seen.
 *
 * @param absent `Kind namespace/name`
 */
export function createPlaceholders(absent: readonly string[]): readonly AnyObject[] {
  const objects: AnyObject[] = []
  const add = (kind: string, namespace: string, name: string, spec: object): void => {
    const raw = { apiVersion: 'metallb.io/v1beta1', kind, metadata: { namespace, name }, spec }
    const { object } = decodeObject(raw, undefined, 0)
    if (object !== null) objects.push(object)
  }
  const aliases = new Map<string, string[]>()
  for (const one of new Set(absent)) {
    const [, kind = '', namespace = '', name = ''] = /^(\S+) ([^/]*)\/(.*)$/s.exec(one) ?? []
    if (kind === PROFILE) add(PROFILE, namespace, name, {})
    if (kind === ALIAS) aliases.set(namespace, [...(aliases.get(namespace) ?? []), name])
  }
  for (const [namespace, names] of aliases) {
    // Values that differ from each other, and hardly anybody writes.
    const communities = names.map((name, index) => ({ name, value: `large:4294967295:0:${index}` }))
    add(ALIAS, namespace, 'placeholder', { communities })
  }
  return objects
}
