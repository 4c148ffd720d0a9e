/** Compression of answers: what a route offers, and what of it a client accepts (RFC 9110, 8.4 and 12.5.3). */

export type Coding = 'gzip' | 'br' | 'zstd'

/** Plain data of the model. */
export interface CompressionPolicy {
  /** Best first; at least one. */
  readonly codings: readonly CodingPolicy[]
}

export interface CodingPolicy {
  readonly coding: Coding
  readonly level: number
  /** Shorter bodies stay as they are. */
  readonly minBytes: number
  /** Lower-case media types without parameters; `*` = all. `text/html` is always among them, as in nginx. */
  readonly types: readonly string[]
}

/** True when answers of this type are compressed for clients that accept it. @param type lower-case, without parameters */
export function coversType(policy: CodingPolicy, type: string): boolean {
  return type === 'text/html' || policy.types.includes(type) || (policy.types.includes('*') && type !== '')
}

/**
 * The coding that the client likes best; of equals the first of the list. An answer without coding is always possible, even
 * where the client asked for none, as servers may (RFC 9110, 12.5.3).
 *
 * @param accept value of Accept-Encoding, fields joined with commas; empty = none sent
 * @returns `null` for an answer as it is
 */
export function chooseCoding(codings: readonly CodingPolicy[], accept: string): CodingPolicy | null {
  if (accept === '' || codings.length === 0) return null
  const qualities = new Map<string, number>()
  for (const entry of accept.toLowerCase().split(',')) {
    const [name = '', ...parameters] = entry.split(';').map((part) => part.trim())
    if (name !== '') qualities.set(name === 'x-gzip' ? 'gzip' : name, qualityOf(parameters))
  }
  const others = qualities.get('*') ?? 0
  let best: CodingPolicy | null = null
  // Only a client that names it prefers no coding to one that it accepts.
  let bestQuality = qualities.get('identity') ?? 0
  for (const policy of codings) {
    const quality = qualities.get(policy.coding) ?? others
    if (quality > bestQuality || (best === null && quality > 0 && quality === bestQuality)) {
      best = policy
      bestQuality = quality
    }
  }
  return best
}

/** 1 where nothing is said, 0 where it cannot be read. */
function qualityOf(parameters: readonly string[]): number {
  const q = parameters.find((parameter) => parameter.startsWith('q='))
  if (q === undefined) return 1
  return /^q=(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(q) ? Number(q.slice(2)) : 0
}
