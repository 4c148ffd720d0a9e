import type { Finding } from './finding.ts'

/** The outcome of reading something untrusted: a value with remarks, or remarks alone. Never both absent. */
export type Result<T> =
  | { readonly ok: true; readonly value: T; readonly findings: readonly Finding[] }
  | { readonly ok: false; readonly findings: readonly Finding[] }
