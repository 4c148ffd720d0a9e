/** Objects of one kind, decoded at the door: what Genkan does not use of them is dropped at once. */
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

  set(key: string, raw: RawObject): void {
    const { apiVersion, kind } = this.#resource
    // Items of a list do not say what they are.
    const { object, others, findings } = decodeObject({ ...raw, apiVersion, kind }, undefined, 0)
    this.#entries.set(key, { objects: object === null ? [] : [object, ...others], findings })
  }

  delete(key: string): boolean {
    return this.#entries.delete(key)
  }

  objects(): readonly AnyObject[] {
    return [...this.#entries.values()].flatMap((entry) => entry.objects)
  }

  findings(): readonly Finding[] {
    return [...this.#entries.values()].flatMap((entry) => entry.findings)
  }
}
