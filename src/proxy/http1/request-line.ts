/**
 * The request line (RFC 9112, 3): method, target in origin, absolute or asterisk form, version. The authority form
 * belongs to CONNECT, which a gateway does not offer.
 */
import type { RequestHead } from './request-head.ts'
import { CR, SPACE } from './field-syntax.ts'

const SLASH = 0x2f

/** Reads the line at `at`. Sets `head.next` to the first character after it. @returns 0 or the status to refuse with */
export function parseRequestLine(text: string, at: number, head: RequestHead): number {
  let i = at
  if (text.startsWith('GET ', at)) {
    head.method = 'GET'
    i += 3
  } else {
    while (isMethodCharacter(text.charCodeAt(i))) i++
    if (i === at || text.charCodeAt(i) !== SPACE) return 400
    head.method = text.slice(at, i)
  }
  const targetStart = i + 1
  i = targetStart
  let hasHighBytes = false
  let code = text.charCodeAt(i)
  for (; code > SPACE; code = text.charCodeAt(++i)) {
    // No fragment in a target; DEL is a control.
    if (code === 0x23 || code === 0x7f) return 400
    if (code > 0x7f) hasHighBytes = true
  }
  if (code !== SPACE || i === targetStart) return 400
  let target = text.slice(targetStart, i)
  i++
  if (text.startsWith('HTTP/1.1', i)) head.isHttp11 = true
  else if (text.startsWith('HTTP/1.0', i)) head.isHttp11 = false
  else return /^HTTP\/\d(?:\.\d)?\r/.test(text.slice(i, i + 9)) ? 505 : 400
  if (text.charCodeAt(i + 8) !== CR || text.charCodeAt(i + 9) !== 0x0a) return 400
  head.next = i + 10
  // Raw bytes above ASCII are no URI; encoded they mean the same to everyone behind us.
  if (hasHighBytes) target = target.replace(/[\x80-\xff]/g, percentEncode)
  return readTarget(target, head)
}

/**
 * nginx's set: upper-case letters, `-` and `_`. RFC 9110, 9.1 allows any token, but a method such as `helloGET` is the end of
 * a body whose length somebody read differently, so it is refused.
 */
function isMethodCharacter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || code === 0x2d || code === 0x5f
}

function readTarget(target: string, head: RequestHead): number {
  if (head.method === 'CONNECT' || head.method === 'TRACE') return 405
  if (target.charCodeAt(0) === SLASH) {
    head.target = target
    return 0
  }
  if (target === '*') {
    head.target = target
    return head.method === 'OPTIONS' ? 0 : 400
  }
  const scheme = /^https?:\/\//i.exec(target)
  if (scheme === null) return 400
  const rest = target.slice(scheme[0].length)
  const pathAt = rest.search(/[/?]/)
  head.targetAuthority = pathAt === -1 ? rest : rest.slice(0, pathAt)
  if (head.targetAuthority === '') return 400
  const path = pathAt === -1 ? '/' : rest.slice(pathAt)
  head.target = path.charCodeAt(0) === SLASH ? path : `/${path}`
  return 0
}

function percentEncode(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase()}`
}
