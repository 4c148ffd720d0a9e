/** Objects of one kind, decoded at the door: what Genkan does not use of them is dropped at once. */
import { isDeepStrictEqual } from 'node:util'
import type { Finding } from '../../base/finding.ts'
import { decodeObject } from '../../kube/decode/decode-object.ts'
import type { AnyObject } from '../../kube/objects.ts'
import type { RawObject } from './reflector.ts'
import type { Resource } from './resource.ts'

/** `kubectl apply` writes it, as long as the object itself, and nobody reads it. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'
const SERVICE_NAME = 'kubernetes.io/service-name'

/** What was read under a key where it is more, or less, than one object without a remark. */
interface Entry {
  readonly objects: readonly AnyObject[]
  readonly findings: readonly Finding[]
}

export class DecodedStore {
  readonly #resource: Resource
  /** Nearly all are here, as they are: a wrapper around each would cost a tenth of the object. */
  readonly #plain = new Map<string, AnyObject>()
  readonly #others = new Map<string, Entry>()

  constructor(resource: Resource) {
    this.#resource = resource
  }

  get size(): number {
    return this.#plain.size + this.#others.size
  }

  has(key: string): boolean {
    return this.#plain.has(key) || this.#others.has(key)
  }

  get(key: string): AnyObject | undefined {
    return this.#plain.get(key) ?? this.#others.get(key)?.objects[0]
  }

  /**
   * An object that differs in nothing that Genkan reads stays the very same one: status written by somebody is no change.
   *
   * @returns true when anything changed, if only what there is to say about it
   */
  set(key: string, raw: RawObject): boolean {
    const { apiVersion, kind } = this.#resource
    // Items of a list do not say what they are.
    const whole = { ...raw, metadata: readPart(raw.metadata, kind), apiVersion, kind }
    const { object, others, findings } = decodeObject(whole, undefined, 0)
    const before = this.#entryOf(key)
    const read = object === null ? [] : [object, ...others]
    const isSameAsBefore = before !== undefined && isSame(before.objects, read)
    if (isSameAsBefore && isDeepStrictEqual(before.findings, findings)) return false
    const objects = isSameAsBefore ? before.objects : read
    const [first] = objects
    if (first !== undefined && objects.length === 1 && findings.length === 0) {
      this.#others.delete(key)
      this.#plain.set(key, first)
    } else {
      this.#plain.delete(key)
      this.#others.set(key, { objects, findings })
    }
    return true
  }

  delete(key: string): boolean {
    return this.#plain.delete(key) || this.#others.delete(key)
  }

  objects(): readonly AnyObject[] {
    return [...this.#plain.values(), ...[...this.#others.values()].flatMap((entry) => entry.objects)]
  }

  get kind(): string {
    return this.#resource.kind
  }

  /** @param isWanted by namespace */
  findings(isWanted: (namespace: string) => boolean = () => true): readonly Finding[] {
    const found: Finding[] = []
    for (const [key, { findings }] of this.#others) {
      if (findings.length > 0 && isWanted(key.slice(0, key.indexOf('/')))) found.push(...findings)
    }
    return found
  }

  #entryOf(key: string): Entry | undefined {
    const plain = this.#plain.get(key)
    return plain === undefined ? this.#others.get(key) : { objects: [plain], findings: [] }
  }
}

/** Of a slice, which repeats the labels of its Service, only the name of that Service is read. */
function readPart(metadata: RawObject['metadata'], kind: string): RawObject['metadata'] {
  const { labels, annotations } = metadata
  if (kind === 'EndpointSlice') {
    const service = labels?.[SERVICE_NAME]
    return { ...metadata, labels: service === undefined ? {} : { [SERVICE_NAME]: service }, annotations: {} }
  }
  if (annotations?.[LAST_APPLIED] === undefined) return metadata
  const rest = Object.entries(annotations).filter(([name]) => name !== LAST_APPLIED)
  return { ...metadata, annotations: Object.fromEntries(rest) }
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
