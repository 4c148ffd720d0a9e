import type { IncomingMessage } from 'node:http'

/**
 * Reads a small body as UTF-8.
 *
 * @returns `null` when it is longer than `maxBytes`; the rest is then not read
 * @throws {Error} when the client goes away
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<string | null> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return null
  const chunks: Buffer[] = []
  let bytes = 0
  // The stream stays open on return, so that the refusal can still be sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBytes) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
