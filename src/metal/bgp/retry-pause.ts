/** How long to wait before a session is tried again. */

/** The first pause; it doubles with each failure. */
const FIRST_MS = 500

/**
 * Half a second, then twice as long each time up to `connectSeconds`, of which a random quarter is left out so that many
 * speakers do not come back at once.
 *
 * @param failures attempts since a session last held, at least 1
 * @param random 0 to 1
 */
export function retryPauseMs(failures: number, connectSeconds: number, random: number): number {
  const longest = Math.max(1, connectSeconds) * 1000
  const pause = Math.min(longest, FIRST_MS * 2 ** Math.min(failures - 1, 20))
  return Math.round(pause * (0.75 + random / 4))
}
