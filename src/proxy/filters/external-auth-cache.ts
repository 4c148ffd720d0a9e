/** Remembers answers of authentication services for as long as the route and the service allow. */
import { createHash } from 'node:crypto'
import { LruMap } from '../../base/lru.ts'
import type { ExternalAuthConfig } from '../../routing/gate-config.ts'
import type { AuthAnswer } from './external-auth-answer.ts'
import { fieldValues } from './field-lines.ts'

const MOST_ENTRIES = 10_000
/** An answer with longer header lines is not kept: the map holds 80 MB at worst. */
const LONGEST_LINES = 8192

interface Entry {
  readonly answer: AuthAnswer
  readonly expiresMs: number
}

export class AuthCache {
  readonly #entries = new LruMap<string, Entry>(MOST_ENTRIES)
  readonly #nowMs: () => number

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /** Keys hold cookies and tokens: only their sum is kept. */
  keyOf(scope: string, key: string): string {
    return createHash('sha256').update(`${scope.length} ${scope}`).update(key, 'latin1').digest('base64')
  }

  find(key: string): AuthAnswer | null {
    const entry = this.#entries.get(key)
    return entry !== undefined && entry.expiresMs > this.#nowMs() ? entry.answer : null
  }

  remember(key: string, answer: AuthAnswer, durations: ExternalAuthConfig['cacheDurations']): void {
    const seconds = secondsOf(answer, durations)
    if (seconds <= 0 || answer.lines.length > LONGEST_LINES) return
    this.#entries.set(key, { answer, expiresMs: this.#nowMs() + seconds * 1000 })
  }
}

/** As nginx's proxy cache: what the service says comes first, and an answer with a cookie is one client's alone. */
function secondsOf(answer: AuthAnswer, durations: ExternalAuthConfig['cacheDurations']): number {
  if (fieldValues(answer.lines, 'set-cookie').length > 0) return 0
  const control = fieldValues(answer.lines, 'cache-control').join(',').toLowerCase()
  if (/\b(?:no-store|no-cache|private)\b/.test(control)) return 0
  const age = /\bs-maxage=(\d{1,9})/.exec(control) ?? /\bmax-age=(\d{1,9})/.exec(control)
  if (age !== null) return Number(age[1])
  return durations.find(({ statuses }) => statuses.includes(answer.status))?.seconds ?? 0
}
