/** Everything the admin server sends goes through here, so that every answer carries the same guards. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'

const JSON_TYPE = 'application/json; charset=utf-8'
export const TEXT_TYPE = 'text/plain; charset=utf-8'

const GUARDS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const

export function sendText(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const length = String(Buffer.byteLength(body))
  response.writeHead(status, { ...GUARDS, 'Content-Type': contentType, 'Content-Length': length, ...headers })
  response.end(body)
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  sendText(response, status, JSON_TYPE, `${JSON.stringify(value)}\n`)
}

/** `{"error": message}` */
export function sendError(
  response: ServerResponse,
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  sendText(response, status, JSON_TYPE, `${JSON.stringify({ error: message })}\n`, headers)
}

/** Sends a long text piece by piece, as fast as the client takes it; other work runs between pieces. */
export async function sendPieces(
  response: ServerResponse,
  contentType: string,
  pieces: Iterable<string>,
): Promise<void> {
  response.writeHead(200, { ...GUARDS, 'Content-Type': contentType })
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  for (const piece of pieces) {
    if (piece !== '' && !response.write(piece)) await once(response, 'drain', { signal: gone.signal })
    else await setImmediate()
    if (response.destroyed) return
  }
  response.end()
}
