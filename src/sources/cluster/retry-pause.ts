/** Pauses between tries: they double up to a limit, with jitter, so that replicas do not come back at the same moment. */
export interface RetryPause {
  /** Milliseconds to wait before the next try. @param atLeastMs what the server asked for; never less than that */
  next(atLeastMs?: number): number
  /** Something worked: the next pause is the first again. */
  reset(): void
}

export function createRetryPause(firstMs: number, longestMs: number, random: () => number = Math.random): RetryPause {
  let pauseMs = firstMs
  return {
    next(atLeastMs = 0) {
      const ownMs = pauseMs * (0.5 + random() * 0.5)
      const askedMs = atLeastMs * (1 + random() * 0.5)
      pauseMs = Math.min(longestMs, pauseMs * 2)
      return Math.round(Math.max(ownMs, askedMs))
    },
    reset() {
      pauseMs = firstMs
    },
  }
}
