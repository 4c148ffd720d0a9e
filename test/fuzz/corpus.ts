/** Byte streams that were interesting once. They are replayed before any random one. */
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface CorpusCase {
  /** What is odd about it, as a sentence fragment. */
  readonly name: string
  readonly bytes: Buffer
  /** For requests: what a front proxy must do. `forward` = all of it; `refuse` = at least one request is not forwarded. */
  readonly expect: 'forward' | 'refuse' | 'either'
}

interface StoredCase {
  readonly name: string
  readonly expect?: CorpusCase['expect']
  /** One character a byte (latin1); a list is joined. */
  readonly text?: string | readonly (string | { readonly repeat: string; readonly times: number })[]
  readonly base64?: string
}

const FOLDER = fileURLToPath(new URL('corpus/', import.meta.url))

/** @param subject `requests` or `responses` */
export function readCorpus(subject: string): readonly CorpusCase[] {
  return globSync(`${subject}*.json`, { cwd: FOLDER })
    .sort()
    .flatMap((file) => JSON.parse(readFileSync(FOLDER + file, 'utf8')) as readonly StoredCase[])
    .map((stored) => ({ name: stored.name, expect: stored.expect ?? 'either', bytes: toBytes(stored) }))
}

function toBytes(stored: StoredCase): Buffer {
  if (stored.base64 !== undefined) return Buffer.from(stored.base64, 'base64')
  const parts = typeof stored.text === 'string' ? [stored.text] : (stored.text ?? [])
  const text = parts.map((part) => (typeof part === 'string' ? part : part.repeat.repeat(part.times)))
  return Buffer.from(text.join(''), 'latin1')
}

/** A line for the corpus, printed when a random stream fails. */
export function formatCorpusCase(name: string, bytes: Buffer): string {
  return JSON.stringify({ name, text: bytes.toString('latin1') })
}
