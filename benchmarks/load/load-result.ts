/** What one run of a load generator says. */
export interface LoadResult {
  readonly requests: number
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Answers other than 2xx, broken and timed out requests. */
  readonly errors: number
}
