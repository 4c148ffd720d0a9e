/** Reads the request that a person asks `explain` about: a URL, a method and header lines. */
import { isIP } from 'node:net'
import type { ExplainRequest } from './explain.ts'

export interface ExplainInput {
  readonly url: string
  readonly method?: string
  /** `Name: value` lines. */
  readonly headers?: readonly string[]
  readonly clientIp?: string
}

export type ParsedExplainRequest = { readonly value: ExplainRequest } | { readonly error: string }

/** The path is taken as written, so that `//`, `%2F` and `..` can be asked about. A Host header beats the URL's host. */
export function parseExplainRequest(input: ExplainInput): ParsedExplainRequest {
  const parts = /^(https?):\/\/([^/?#]+)([^#]*)/i.exec(input.url)
  if (parts === null) {
    return { error: `Cannot read the URL "${input.url}": give one such as https://shop.example.com/cart?id=1` }
  }
  const headers = new Map<string, string>()
  let rawLines = ''
  for (const line of input.headers ?? []) {
    const colon = line.indexOf(':')
    if (colon <= 0) return { error: `Cannot read the header "${line}": write it as 'Name: value'` }
    const value = line.slice(colon + 1).trim()
    headers.set(line.slice(0, colon).trim().toLowerCase(), value)
    rawLines += `${line.slice(0, colon).trim()}: ${value.replaceAll(/[\r\n]/g, ' ')}\r\n`
  }
  const length = headers.get('content-length')
  if (length !== undefined && !/^\d{1,15}$/.test(length)) {
    return { error: `Cannot read the header "Content-Length: ${length}": its value is a number of bytes` }
  }
  const clientAddress = input.clientIp ?? '127.0.0.1'
  if (isIP(clientAddress) === 0) {
    return { error: `Cannot read the client address "${clientAddress}": give an IPv4 or IPv6 address` }
  }
  const method = input.method ?? 'GET'
  if (!/^[A-Za-z!#$%&'*+.^_`|~-]+$/.test(method))
    return { error: `Cannot read the method "${method}": give one such as GET` }
  const rest = parts[3] ?? ''
  return {
    value: {
      method,
      scheme: (parts[1] ?? '').toLowerCase() === 'https' ? 'https' : 'http',
      authority: headers.get('host') ?? parts[2] ?? '',
      target: rest.startsWith('/') ? rest : `/${rest}`,
      contentLength: length === undefined ? -1 : Number(length),
      origin: headers.get('origin') ?? '',
      clientAddress,
      userAgent: headers.get('user-agent') ?? '',
      referer: headers.get('referer') ?? '',
      rawLines,
    },
  }
}
