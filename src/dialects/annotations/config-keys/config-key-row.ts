/**
 * How the table of ingress-nginx's ConfigMap keys is written down: one file per family. Remarks about keys
 * and `docs/nginx-configmap.md` come from it; a test holds it against the keys that are read.
 */

export interface ConfigKeyRow {
  readonly key: string
  /** The value where the key is not set; empty = none. A key with this very value asks for nothing. */
  readonly initial: string
  /** What Genkan does with it, where it is read. Markdown sentences. */
  readonly note: string
  /** Why it has no effect and nothing is lost: follows `Cannot use ...: `, without a final period. */
  readonly idle: string
  /** What to write instead of a key that is never read: likewise. */
  readonly refused: string
}

export interface ConfigKeyFamily {
  readonly title: string
  readonly rows: readonly ConfigKeyRow[]
}

type RowText = Partial<Omit<ConfigKeyRow, 'key' | 'initial'>>
/** Default, and a note. */
type RowWords = string | readonly [initial: string, text: RowText | string]

/** @param rows a default alone, or with what is to be said */
export function keyFamily(title: string, rows: Readonly<Record<string, RowWords>>): ConfigKeyFamily {
  return {
    title,
    rows: Object.entries(rows).map(([key, words]) => {
      const [initial, text] = typeof words === 'string' ? [words, ''] : words
      const more = typeof text === 'string' ? { note: text } : text
      return { key, initial, note: '', idle: '', refused: '', ...more }
    }),
  }
}

/** No effect, and nothing is lost. */
export function idle(initial: string, reason: string): RowWords {
  return [initial, { idle: reason }]
}

/** Never read. */
export function refused(advice: string): RowWords {
  return ['', { refused: advice }]
}
