/**
 * Where Node's server is stricter than the standard and nobody can be misled by it. A stream is changed to what Node
 * would accept before it is asked how it reads it; what Node cannot be asked about is not judged.
 */
import { METHODS } from 'node:http'

const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS)

/** RFC 9110, 9.1 lets anyone add methods; Node has a fixed list. True for the start line of a request outside it. */
export function isUnknownMethod(startLine: string): boolean {
  return !KNOWN_METHODS.has(startLine.slice(0, startLine.indexOf(' ')))
}

/**
 * Node refuses bytes above ASCII in a target; nginx and many others forward them. The proxy percent-encodes them, which
 * everyone behind it reads in one way.
 */
export function encodeHighBytes(stream: Buffer): Buffer {
  const text = stream
    .toString('latin1')
    .replace(/(?<=[A-Z] )[^ \r\n]*[\x80-\xff][^ \r\n]*(?= HTTP\/1\.[01]\r\n)/g, (target) =>
      target.replace(/[\x80-\xff]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`),
    )
  return Buffer.from(text, 'latin1')
}
