/** Object identity and provenance shared by every Kubernetes object that Genkan reads. */
import type { Origin } from '../base/finding.ts'

/** Finds the file position of a field. `undefined` when the object did not come from a file. */
export interface SourceMap {
  readonly file: string
  /**
   * Position of the value at a field path, one-based; falls back to the nearest ancestor that exists.
   * The path's last segment may be `~key` text, see {@link locateKey}.
   */
  locate(path: readonly (string | number)[]): { readonly line: number; readonly column: number }
  /** Position of a map key (for remarks about the key itself, such as an unknown annotation). */
  locateKey(path: readonly (string | number)[]): { readonly line: number; readonly column: number }
  /** The path as the document has it, where the decoder left out list entries or read a lone map as a list. */
  toWritten?(path: readonly (string | number)[]): readonly (string | number)[]
  /** A plain scalar as it was written, where parsing loses its form (`1.10`, `yes`); `undefined` for anything else. */
  wordAt?(path: readonly (string | number)[]): string | undefined
}

export interface ObjectMeta {
  readonly name: string
  /** Empty for cluster-scoped kinds; `default` when a namespaced object in a file names none. */
  readonly namespace: string
  readonly uid: string
  readonly resourceVersion: string
  /** RFC 3339 text as the API server writes it; empty in files that do not carry it. */
  readonly creationTimestamp: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** Absent when there are none. */
  readonly finalizers?: readonly string[]
  /** RFC 3339 text, absent unless the object is being deleted. */
  readonly deletionTimestamp?: string
}

/** The part that all kinds share. `order` is the position in the source, the tie-break where no timestamp exists. */
export interface KubeObject {
  readonly kind: string
  readonly meta: ObjectMeta
  readonly order: number
  readonly source?: SourceMap
}

/** `Kind namespace/name`, the form that findings and logs use. */
export function describeObject(object: KubeObject): string {
  return object.meta.namespace === ''
    ? `${object.kind} ${object.meta.name}`
    : `${object.kind} ${object.meta.namespace}/${object.meta.name}`
}

/** Origin of a field's value. */
export function originOf(object: KubeObject, ...path: readonly (string | number)[]): Origin {
  const base = { object: describeObject(object), path: formatPath(object.source?.toWritten?.(path) ?? path) }
  return object.source === undefined ? base : { ...base, file: object.source.file, ...object.source.locate(path) }
}

/** Origin of a map key, such as an annotation's name. */
export function originOfKey(object: KubeObject, ...path: readonly (string | number)[]): Origin {
  const base = { object: describeObject(object), path: formatPath(object.source?.toWritten?.(path) ?? path) }
  return object.source === undefined ? base : { ...base, file: object.source.file, ...object.source.locateKey(path) }
}

/** `spec.rules[0].host`; keys that are not plain words are quoted: `metadata.annotations["a/b"]`. */
export function formatPath(path: readonly (string | number)[]): string {
  let text = ''
  for (const segment of path) {
    if (typeof segment === 'number') text += `[${segment}]`
    else if (/^[A-Za-z_][\w-]*$/.test(segment)) text += text === '' ? segment : `.${segment}`
    else text += `[${JSON.stringify(segment)}]`
  }
  return text
}
