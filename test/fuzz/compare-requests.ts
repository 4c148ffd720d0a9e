/** Is what the upstream read the same request that the client sent? */
import type { ReadRequest } from './node-reader.ts'

/** Written or removed by the proxy itself (src/proxy/forwarding-headers.ts; RFC 9110, 7.6.1). */
const OURS = new Set(
  (
    'host connection keep-alive proxy-connection te transfer-encoding content-length upgrade http2-settings proxy trailer ' +
    'x-request-id x-real-ip x-forwarded-for x-forwarded-host x-forwarded-port x-forwarded-proto x-forwarded-scheme x-scheme ' +
    'x-original-forwarded-for x-original-forwarded-host'
  ).split(' '),
)
/** A receiver that merges trailers into the header section must not be fooled by them. */
const NEVER_IN_TRAILERS = new Set(
  'host content-length transfer-encoding connection x-forwarded-for authorization'.split(' '),
)

/** @returns what differs, empty when nothing does */
export function compareRequests(sent: ReadRequest, forwarded: ReadRequest): string {
  if (sent.method !== forwarded.method) return `method ${sent.method} became ${forwarded.method}`
  const target = originForm(sent.target)
  if (target !== forwarded.target) return `target ${sent.target} became ${forwarded.target}`
  if (!sent.body.equals(forwarded.body)) {
    return `body ${JSON.stringify(sent.body.toString('latin1'))} became ${JSON.stringify(forwarded.body.toString('latin1'))}`
  }
  const before = endToEnd(sent)
  const after = endToEnd(forwarded)
  if (before !== after) return `headers\n${before}became\n${after}`
  const hosts = valuesOf(forwarded.rawHeaders, 'host')
  if (hosts.length !== 1 && valuesOf(sent.rawHeaders, 'host').length > 0)
    return `forwarded with ${hosts.length} Host headers`
  return compareTrailers(sent, forwarded)
}

function compareTrailers(sent: ReadRequest, forwarded: ReadRequest): string {
  const known = new Set(toLines(sent.rawTrailers))
  for (const line of toLines(forwarded.rawTrailers)) {
    if (!known.has(line)) return `trailer ${line} was not sent`
    if (NEVER_IN_TRAILERS.has(line.slice(0, line.indexOf(':')).toLowerCase())) return `trailer ${line} was forwarded`
  }
  return ''
}

/** Absolute targets become origin form; bytes above ASCII may be percent-encoded on the way. */
function originForm(target: string): string {
  const match = /^https?:\/\/[^/?]*(.*)$/is.exec(target)
  const path = match === null ? target : (match[1] ?? '')
  return (path.startsWith('/') ? path : `/${path}`).replace(/[\x80-\xff]/g, (char) => {
    return `%${char.charCodeAt(0).toString(16).toUpperCase()}`
  })
}

function endToEnd(request: ReadRequest): string {
  const hopByHop = new Set(
    valuesOf(request.rawHeaders, 'connection')
      .join()
      .split(',')
      .map((name) => name.trim().toLowerCase()),
  )
  return toLines(request.rawHeaders)
    .filter((line) => {
      const name = line.slice(0, line.indexOf(':')).toLowerCase()
      return !OURS.has(name) && !hopByHop.has(name) && !name.includes('_')
    })
    .map((line) => `${line}\n`)
    .join('')
}

function toLines(raw: readonly string[]): readonly string[] {
  const lines: string[] = []
  for (let i = 0; i < raw.length; i += 2) lines.push(`${raw[i]}: ${(raw[i + 1] ?? '').trim()}`)
  return lines
}

function valuesOf(raw: readonly string[], name: string): readonly string[] {
  const values: string[] = []
  for (let i = 0; i < raw.length; i += 2) if (raw[i]?.toLowerCase() === name) values.push(raw[i + 1] ?? '')
  return values
}
