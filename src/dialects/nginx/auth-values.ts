/** Values of the authentication annotations and ConfigMap keys (ingress-nginx, annotations.md: Authentication). */
import { parseAuthUrl } from '../../routing/auth-url.ts'
import type { ExternalAuthConfig } from '../../routing/gate-config.ts'
import { compileTemplate, TEMPLATE_VARIABLES } from '../../routing/request-template.ts'
import type { Decoder } from './values.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** About the message itself or the connection: no service decides those. */
const FRAMING: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** `[namespace/]name` of an object. */
export const decodeObjectName: Decoder<string> = (text) =>
  /^(?:[a-z0-9]([-a-z0-9]*[a-z0-9])?\/)?[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/.test(text)
    ? { ok: true, value: text }
    : { ok: false, accepted: 'name or namespace/name' }

/** Text for a quoted string. `off` is a name like any other; in nginx it would switch the password off. */
export const decodeRealm: Decoder<string> = (text) =>
  /^[^"\\\p{Cc}]{1,200}$/u.test(text)
    ? { ok: true, value: text }
    : { ok: false, accepted: 'one line of up to 200 characters without quotes and backslashes' }

export const decodeAuthUrl: Decoder<string> = (text) => {
  const parsed = parseAuthUrl(text)
  return parsed.ok ? { ok: true, value: text } : parsed
}

export const decodeSigninUrl: Decoder<string> = (text) => {
  if (!/^https?:\/\/[^\s"<>\\]+$/i.test(text))
    return { ok: false, accepted: 'a URL that begins with http:// or https://' }
  return decodeTemplate(text)
}

/** Text with variables. */
export const decodeTemplate: Decoder<string> = (text) => {
  const compiled = compileTemplate(text)
  return compiled.ok ? { ok: true, value: text } : { ok: false, accepted: `the variables ${TEMPLATE_VARIABLES}` }
}

export const decodeMethod: Decoder<string> = (text) =>
  METHODS.includes(text) ? { ok: true, value: text } : { ok: false, accepted: METHODS.join(', ') }

export const decodeParameterName: Decoder<string> = (text) =>
  /^[\w.~-]{1,64}$/.test(text) ? { ok: true, value: text } : { ok: false, accepted: 'letters, digits and -._~' }

/** A comma list, read into lower case. */
export const decodeHeaderNames: Decoder<readonly string[]> = (text) => {
  const names = text
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
  return names.length > 0 && names.length <= 64 && names.every(isSettableHeader)
    ? { ok: true, value: [...new Set(names)] }
    : { ok: false, accepted: `a comma list of header names, none of ${[...FRAMING].join(', ')}` }
}

/** @param name lower-case */
export function isSettableHeader(name: string): boolean {
  return /^[a-z0-9!#$%&'*+.^`|~-]{1,100}$/.test(name) && !FRAMING.has(name)
}

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  '': 1,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  M: 2_592_000,
  y: 31_536_000,
}

/** Entries such as `200 202 401 5m`; without a status, those that nginx caches by itself. */
export const decodeCacheDurations: Decoder<ExternalAuthConfig['cacheDurations']> = (text) => {
  const entries = text.split(',').map((entry) => {
    const match = /^((?:\d{3}\s+)*)(\d{1,6})(s|m|h|d|w|M|y)?$/.exec(entry.trim())
    const statuses = (match?.[1] ?? '').split(/\s+/).filter((status) => status !== '')
    const unit = UNIT_SECONDS[match?.[3] ?? ''] ?? 0
    return match === null || statuses.some((status) => Number(status) < 100 || Number(status) > 599)
      ? null
      : { statuses: statuses.length === 0 ? [200, 301, 302] : statuses.map(Number), seconds: Number(match[2]) * unit }
  })
  const value = entries.filter((entry) => entry !== null)
  return value.length === entries.length
    ? { ok: true, value }
    : { ok: false, accepted: 'a comma list of statuses and a time, such as "200 202 5m, 401 30s"' }
}
