/**
 * Response heads for HTTP/2 (RFC 9113, 8.2 and 8.3.2): from `Name: value\r\n` lines to the list that node:http2 takes.
 */
import type { OutgoingHttpHeaders } from 'node:http2'

/** Name, value, name, value, ...: `respond` sends it in this order, repeated fields included. */
export type HeaderList = string[]

/**
 * @param lines checked lines without hop-by-hop and framing fields, latin1
 * @param contentLength bytes, or negative to leave the field out
 */
export function toHeaderList(status: number, lines: string, contentLength: number): HeaderList {
  const list: HeaderList = [':status', String(status)]
  appendLines(list, lines)
  if (contentLength >= 0) list.push('content-length', String(contentLength))
  return list
}

/** Lines as an object with arrays for repeated fields, as `additionalHeaders` and `sendTrailers` want it. */
export function toHeaderObject(lines: string): OutgoingHttpHeaders {
  const list: HeaderList = []
  appendLines(list, lines)
  const headers = new Map<string, string | string[]>()
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i]!
    const before = headers.get(name)
    const value = list[i + 1]!
    headers.set(name, before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value])
  }
  return Object.fromEntries(headers)
}

/** Received trailer fields as lines. */
export function toLines(fields: readonly string[]): string {
  let lines = ''
  for (let i = 0; i + 1 < fields.length; i += 2) lines += `${fields[i]}: ${fields[i + 1]}\r\n`
  return lines
}

function appendLines(list: HeaderList, lines: string): void {
  for (let at = 0; at < lines.length;) {
    const colon = lines.indexOf(':', at)
    const end = lines.indexOf('\r', colon)
    if (colon === -1 || end === -1) return
    list.push(lines.slice(at, colon).toLowerCase(), trimBlanks(lines, colon + 1, end))
    at = end + 2
  }
}

function trimBlanks(text: string, start: number, end: number): string {
  let from = start
  let to = end
  while (from < to && (text.charCodeAt(from) === 0x20 || text.charCodeAt(from) === 0x09)) from++
  while (to > from && (text.charCodeAt(to - 1) === 0x20 || text.charCodeAt(to - 1) === 0x09)) to--
  return text.slice(from, to)
}
