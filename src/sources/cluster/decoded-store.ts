/** Objects of one kind, decoded at the door: what Genkan does not use of them is dropped at once. */
import { isDeepStrictEqual } from 'node:util'
import type { Finding } from '../../base/finding.ts'
import { decodeObject } from '../../kube/decode/decode-object.ts'
import type { AnyObject } from '../../kube/objects.ts'
import type { RawObject } from './reflector.ts'
import type { Resource } from './resource.ts'

interface Entry {
  readonly objects: readonly AnyObject[]
  readonly findings: readonly Finding[]
}

export class DecodedStore {
  readonly #resource: Resource
  readonly #entries = new Map<string, Entry>()

  constructor(resource: Resource) {
    this.#resource = resource
  }

  get size(): number {
    return this.#entries.size
  }

  has(key: string): boolean {
    return this.#entries.has(key)
  }

  get(key: string): AnyObject | undefined {
    return this.#entries.get(key)?.objects[0]
  }

  /**
   * An object that differs in nothing that Genkan reads stays the very same one: status written by somebody is no change.
   *
   * @returns true when anything changed
   */
  set(key: string, raw: RawObject): boolean {
    const { apiVersion, kind } = this.#resource
    // Items of a list do not say what they are.
    const { object, others, findings } = decodeObject({ ...raw, apiVersion, kind }, undefined, 0)
    const objects = object === null ? [] : [object, ...others]
    const before = this.#entries.get(key)
    if (before !== undefined && isSame(before.objects, objects)) return false
    this.#entries.set(key, { objects, findings })
    return true
  }

  delete(key: string): boolean {
    return this.#entries.delete(key)
  }

  objects(): readonly AnyObject[] {
    return [...this.#entries.values()].flatMap((entry) => entry.objects)
  }

  get kind(): string {
    return this.#resource.kind
  }

  /** @param isWanted by namespace */
  findings(isWanted: (namespace: string) => boolean = () => true): readonly Finding[] {
    const found: Finding[] = []
    for (const [key, { findings }] of this.#entries) {
      if (findings.length > 0 && isWanted(key.slice(0, key.indexOf('/')))) found.push(...findings)
    }
    return found
  }
}

/** But for the version, which changes with every write. Secrets compare by their bytes. */
function isSame(before: readonly AnyObject[], after: readonly AnyObject[]): boolean {
  return (
    before.length === after.length &&
    before.every((object, index) => {
      const other = after[index]
      if (other === undefined || object.kind !== other.kind) return false
      if (object.kind === 'Secret' && other.kind === 'Secret')
        return object.meta.resourceVersion === other.meta.resourceVersion
      return isDeepStrictEqual(withoutVersion(object), withoutVersion(other))
    })
  )
}

function withoutVersion(object: AnyObject): object {
  return { ...object, meta: { ...object.meta, resourceVersion: '' } }
}
