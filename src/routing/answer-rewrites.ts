/** Addresses of the upstream in its answers, put into the client's terms (nginx `proxy_redirect`, `proxy_cookie_*`). */

/** Plain data of the model. */
export interface AnswerRewrites {
  /** `Domain` of Set-Cookie that equals `from`, in any case and whether or not a dot begins it. */
  readonly cookieDomain?: Replacement
  /** `Path` of Set-Cookie that begins with `from`. */
  readonly cookiePath?: Replacement
  /** Location and the URL of Refresh that begin with `from`. */
  readonly location?: Replacement
}

export interface Replacement {
  readonly from: string
  readonly to: string
}

/** @param lines `Name: value\r\n`... of an answer's head */
export function rewriteAnswer(rewrites: AnswerRewrites, lines: string): string {
  return lines
    .split('\r\n')
    .map((line) => rewriteLine(rewrites, line))
    .join('\r\n')
}

function rewriteLine({ cookieDomain, cookiePath, location }: AnswerRewrites, line: string): string {
  const colon = line.indexOf(':')
  switch (line.slice(0, colon).toLowerCase()) {
    case 'location':
      return location === undefined ? line : replacePrefix(line, skipBlanks(line, colon + 1), location)
    case 'refresh': {
      const at = line.toLowerCase().indexOf('url=', colon)
      return location === undefined || at === -1 ? line : replacePrefix(line, at + 4, location)
    }
    case 'set-cookie':
      return line
        .split(';')
        .map((part, index) => (index === 0 ? part : rewriteAttribute(part, cookieDomain, cookiePath)))
        .join(';')
    default:
      return line
  }
}

function rewriteAttribute(part: string, domain: Replacement | undefined, path: Replacement | undefined): string {
  const equals = part.indexOf('=')
  if (equals === -1) return part
  const name = part.slice(0, equals).trim().toLowerCase()
  if (name === 'path' && path !== undefined) return replacePrefix(part, equals + 1, path)
  if (name !== 'domain' || domain === undefined) return part
  return bare(part.slice(equals + 1)) === bare(domain.from) ? part.slice(0, equals + 1) + domain.to : part
}

function bare(domain: string): string {
  const name = domain.trim().toLowerCase()
  return name.startsWith('.') ? name.slice(1) : name
}

function replacePrefix(text: string, at: number, { from, to }: Replacement): string {
  return text.startsWith(from, at) ? text.slice(0, at) + to + text.slice(at + from.length) : text
}

function skipBlanks(text: string, at: number): number {
  let i = at
  while (text.charCodeAt(i) === 0x20 || text.charCodeAt(i) === 0x09) i++
  return i
}
