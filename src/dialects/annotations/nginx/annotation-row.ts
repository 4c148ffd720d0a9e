/**
 * How the registry of ingress-nginx's annotations is written down: one row per name, one family per file. Lint (known
 * names, suggestions, types), `docs/nginx-annotations.md` and `genkan migrate` read these rows; tests hold the
 * decoders in `src/dialects/nginx` against them.
 */
import type { AnnotationRow, Tier, ValueType } from '../vocabulary.ts'

/** What the annotation speaks about: a whole host name, the paths of its Ingress, or the Services behind them. */
export type Scope = 'host' | 'location' | 'service'

/** What somebody who may write the annotation could do with it, in ingress-nginx's words (annotations-risk.md). */
export type Risk = 'Low' | 'Medium' | 'High' | 'Critical'

/**
 * `works`: has an effect. `accepted`: has none, and nothing is lost (the finding is an info). `refused`: never, for a
 * reason that the note gives.
 */
export type Support = 'works' | 'accepted' | 'refused'

export interface RegistryRow extends AnnotationRow {
  /** Older spellings that are still read. */
  readonly aliases: readonly string[]
  /** The value where neither annotation nor ConfigMap speaks; empty = off. Markdown. */
  readonly initial: string
  readonly scope: Scope
  readonly risk: Risk
  readonly support: Support
  /** A value that cannot be read closes the routes (503) instead of leaving the default. */
  readonly closes: boolean
  /** Why it has no effect, for rows that are accepted: follows `Cannot use ...: `, without a final period. */
  readonly idle: string
  /** What a user should know: limits, variables. Markdown sentences. */
  readonly note: string
  /** What differs from ingress-nginx, deliberately. Markdown sentences; empty = the same. */
  readonly differs: string
  /** Values that the difference is about; `remarked`: those that a finding speaks of; absent = all. For reports. */
  readonly differsWhen?: RegExp | 'remarked'
}

export interface Family {
  readonly title: string
  readonly rows: readonly RegistryRow[]
}

interface RowText {
  readonly value: ValueType
  readonly risk: Risk
  readonly tier: Tier
  readonly support: Support
  readonly initial?: string
  /** Where it is not the family's. */
  readonly scope?: Scope
  readonly aliases?: readonly string[]
  readonly closes?: true
  readonly idle?: string
  readonly note?: string
  readonly differs?: string
  readonly differsWhen?: RegExp | 'remarked'
}

export function family(title: string, scope: Scope, rows: Readonly<Record<string, RowText>>): Family {
  return {
    title,
    rows: Object.entries(rows).map(([name, row]) => ({
      name,
      on: ['Ingress'],
      aliases: [],
      initial: '',
      scope,
      closes: false,
      idle: '',
      note: '',
      differs: '',
      ...row,
    })),
  }
}
