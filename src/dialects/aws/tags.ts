/** Tags that users ask for: `--default-tags`, class parameters and annotations. Those of ownership are the driver's. */
import { compareText, type Origin } from '../../base/finding.ts'
import type { Tags } from '../../aws/stack/model.ts'
import { isOwnershipTag } from '../../aws/stack/tag-keys.ts'
import type { KeyValue } from '../../kube/objects.ts'
import type { Report } from '../report.ts'
import type { Reading } from './annotation-reader.ts'

export interface TagOptions {
  readonly defaultTags: Readonly<Record<string, string>>
  readonly externalManagedTags: readonly string[]
}

/** Tags as one place has them. */
export interface TagSource {
  readonly tags: Readonly<Record<string, string>>
  readonly origin: Origin
  /** Annotation or field, for messages. */
  readonly name: string
}

/** AWS takes 50 on a resource; some are kept for ownership, stack, resource and the like. */
const MAX_TAGS = 42

/**
 * Default tags win, then the levels in order: class parameters, Service, Ingress. Within a level the first place that
 * names a key wins, and one that wants another value gets a finding. Keys of AWS's own (`aws:`) are left out in silence;
 * keys that say whose a resource is, and those of `--external-managed-tags`, are left out with a finding.
 */
export function mergeTags(options: TagOptions, levels: readonly (readonly TagSource[])[], report: Report): Tags {
  const tags = new Map(Object.entries(options.defaultTags).filter(([key]) => !isLeftOut(key, options)))
  for (const level of levels) {
    const decided = new Map<string, TagSource>()
    for (const source of level) {
      for (const [key, value] of Object.entries(source.tags)) {
        const refusal = refusalOf(key, value, options)
        const earlier = decided.get(key)
        if (refusal !== null) {
          report('ANNOTATION_VALUE', `Cannot use the tag "${short(key)}" of ${source.name}: ${refusal}`, source.origin)
        } else if (earlier !== undefined) {
          if (earlier.tags[key] !== value) reportConflict(key, source, earlier, report)
        } else if (!key.startsWith('aws:')) {
          decided.set(key, source)
        }
      }
    }
    for (const [key, source] of decided) {
      if (tags.has(key)) continue
      if (tags.size < MAX_TAGS) tags.set(key, source.tags[key] ?? '')
      else reportTooMany(key, source, report)
    }
  }
  return Object.fromEntries([...tags].sort(([a], [b]) => compareText(a, b)))
}

/** A `tags` annotation as a place; none where it is absent or cannot be read. */
export function tagsOf(reading: Reading<Readonly<Record<string, string>>>): readonly TagSource[] {
  return reading.kind === 'value' ? [{ tags: reading.value, origin: reading.origin, name: reading.name }] : []
}

/** Lists of key and value, as class parameters have them. The first of two equal keys counts. */
export function pairsToRecord(pairs: readonly KeyValue[]): Readonly<Record<string, string>> {
  return Object.fromEntries([...pairs].reverse().map(({ key, value }) => [key, value]))
}

function isLeftOut(key: string, options: TagOptions): boolean {
  return key.startsWith('aws:') || isOwnershipTag(key) || options.externalManagedTags.includes(key)
}

function refusalOf(key: string, value: string, options: TagOptions): string | null {
  if (isOwnershipTag(key)) return 'it says whose a resource is and is written by the controller; choose another key'
  if (options.externalManagedTags.includes(key)) {
    return 'it is among the tags that others manage (--external-managed-tags); remove it'
  }
  if (key.length > 128) return `its key has ${key.length} characters; at most 128 are accepted`
  if (value.length > 256) return `its value has ${value.length} characters; at most 256 are accepted`
  const text = key + value
  if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(text)) {
    return 'it has characters that AWS refuses; accepted are letters, digits, spaces and _ . : / = + - @'
  }
  return null
}

function reportConflict(key: string, source: TagSource, earlier: TagSource, report: Report): void {
  report(
    'AWS_GROUP_CONFLICT',
    `Cannot use the tag "${short(key)}" of ${source.name}: ${earlier.origin.object} gives it the value "${short(earlier.tags[key] ?? '')}" and comes first; write the same value or remove it`,
    source.origin,
  )
}

function reportTooMany(key: string, source: TagSource, report: Report): void {
  report(
    'ANNOTATION_VALUE',
    `Cannot use the tag "${short(key)}" of ${source.name}: the resource has ${MAX_TAGS} tags already; write fewer`,
    source.origin,
  )
}

function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
