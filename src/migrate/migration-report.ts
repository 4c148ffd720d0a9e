/** What a report about moving in from ingress-nginx says. Plain data; `docs/cli.md` documents it as JSON. */
import type { Finding, Origin } from '../base/finding.ts'

/** In rising order of what is left to do. */
export const VERDICTS = ['unchanged', 'differences', 'edit', 'blocked'] as const
export type Verdict = (typeof VERDICTS)[number]

export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  unchanged: 'moves unchanged',
  differences: 'moves with differences',
  edit: 'needs an edit',
  blocked: 'must not be moved yet',
}

/**
 * `same`: behaves as it did. `differs`: behaves otherwise, and why. `refused`: is not done; what to write instead, or
 * that there is nothing yet. `idle`: has no effect, and nothing is lost. `absent`: names an object that is not among
 * the manifests.
 */
export type ItemKind = 'same' | 'differs' | 'refused' | 'idle' | 'absent'

/** What needs a look first. */
export const ITEM_KINDS: readonly ItemKind[] = ['refused', 'differs', 'absent', 'idle', 'same']

export interface Item {
  readonly kind: ItemKind
  /** The annotation's full name, the ConfigMap's key, the flag, or a field. */
  readonly subject: string
  /** As written, cut to what a page can carry; empty where there is none. */
  readonly value: string
  /** Empty for most of what behaves the same. */
  readonly why: string
  /** Only for `refused`. */
  readonly replacements: readonly Replacement[]
  /** Only for `refused`: nothing to write instead in this version. */
  readonly isBlocked: boolean
  readonly origin: Origin
}

/** What to write instead; only a note where no annotation does the same. */
export interface Replacement {
  readonly name: string
  readonly value: string
  readonly note: string
}

export interface ObjectReport {
  /** `Kind namespace/name`. */
  readonly object: string
  readonly kind: string
  /** Empty for cluster-scoped kinds. */
  readonly namespace: string
  readonly name: string
  readonly origin: Origin
  readonly verdict: Verdict
  readonly items: readonly Item[]
  /** What else was remarked on, and is the same under both controllers. */
  readonly remarks: readonly Finding[]
}

/** An Ingress or Service that moving does not touch. */
export interface Untouched {
  readonly object: string
  readonly why: string
  readonly origin: Origin
}

export interface NamespaceCount {
  /** Empty for cluster-scoped objects. */
  readonly namespace: string
  readonly objects: number
  readonly verdicts: Readonly<Record<Verdict, number>>
}

export interface MigrationReport {
  readonly from: 'ingress-nginx'
  readonly summary: {
    readonly objects: number
    readonly verdicts: Readonly<Record<Verdict, number>>
    readonly items: Readonly<Record<ItemKind, number>>
    /** True when no object needs an edit or must stay. */
    readonly canMove: boolean
  }
  readonly namespaces: readonly NamespaceCount[]
  /** What differs for every object. */
  readonly general: readonly string[]
  /** Sorted by what is left to do, then kind, namespace and name. */
  readonly objects: readonly ObjectReport[]
  readonly untouched: readonly Untouched[]
  /** About files and documents that could not be read. */
  readonly unread: readonly Finding[]
}

export interface VerdictGroup {
  readonly verdict: Verdict
  /** The verdict, and of how many objects. */
  readonly title: string
  readonly objects: readonly ObjectReport[]
}

/** What is left to do first; verdicts of no object are left out. */
export function groupByVerdict({ objects }: MigrationReport): readonly VerdictGroup[] {
  return VERDICTS.toReversed().flatMap((verdict) => {
    const own = objects.filter((object) => object.verdict === verdict)
    return own.length === 0 ? [] : [{ verdict, title: `${VERDICT_WORDS[verdict]} (${own.length})`, objects: own }]
  })
}
