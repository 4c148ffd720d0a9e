/**
 * The body of a request as far as it was sent, while the upstream may still say that it did not look at it (RFC 9113, 8.7):
 * an HTTP/2 server that is about to stop does that to requests which were on their way. Small ones only.
 */
const MOST_KEPT_BYTES = 16_384

/**
 * @param kept latin1, `null` = not all of the body is here
 * @returns the same with `buffer[start, end)`
 */
export function keepBody(kept: string | null, buffer: Buffer, start: number, end: number): string | null {
  if (kept === null || kept.length + end - start > MOST_KEPT_BYTES) return null
  return kept + buffer.toString('latin1', start, end)
}

/** For body bytes that were sent at once, as text. */
export function keepText(kept: string | null, text: string): string | null {
  return kept === null || kept.length + text.length > MOST_KEPT_BYTES ? null : kept + text
}
