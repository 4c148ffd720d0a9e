/** What an authentication service said, and where from it may come. */
import type { AuthRequest } from './external-auth-request.ts'

/** Only what is used of an answer, so that caches stay small. */
export interface AuthAnswer {
  readonly status: number
  /** End-to-end header lines, latin1. */
  readonly lines: string
}

/** Asks. @returns `null` when there is no answer: refused, reset, timed out, malformed. Never rejects */
export type AskAuth = (request: AuthRequest) => Promise<AuthAnswer | null>

export const CONNECT_TIMEOUT_MS = 5000
/** Longest pause between two reads. */
export const READ_TIMEOUT_MS = 60_000
/** The body of an answer is read so that the connection can be used again, but not any length of it. */
export const MOST_BODY_BYTES = 1_048_576
