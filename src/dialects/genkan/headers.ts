/** `genkan.dev/request-headers-*`, `response-headers-*` and `security-headers`: what `proxy_set_header` and `add_header` were for. */
import { type HeaderEdits, mergeHeaderEdits } from '../../routing/header-edits.ts'
import { compileTemplate, TEMPLATE_VARIABLES } from '../../routing/request-template.ts'
import type { GenkanSettings } from '../ingress/genkan-settings.ts'
import { FRAMING_HEADERS, isHeaderName, isHeaderValue } from '../nginx/header-values.ts'
import { type SettingRow, settingRow } from '../nginx/setting-row.ts'
import { decodeBoolean, type Decoder } from '../nginx/values.ts'

interface Draft {
  genkan: GenkanSettings
}

type Field = HeaderEdits['set'][number]

const NO_EDITS: HeaderEdits = { set: [], add: [], remove: [] }

/** More would not fit into the head of a message that others still have to add to. */
const MOST_LINES = 64
const LONGEST_VALUE = 4096

/** Upstreams take these for the proxy's word about the client, so only the proxy says them. */
const FORWARDING_HEADERS: ReadonlySet<string> = new Set([
  'forwarded',
  'host',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-forwarded-scheme',
  'x-original-forwarded-for',
  'x-real-ip',
  'x-request-id',
  'x-scheme',
])

/** The proxy writes them into every answer itself. */
const ANSWER_HEADERS: ReadonlySet<string> = new Set(['date'])

/** What many a snippet sets. `response-headers-set` overrides each, by name. */
const SECURITY_HEADERS: HeaderEdits = {
  set: [
    { name: 'X-Content-Type-Options', value: 'nosniff' },
    { name: 'X-Frame-Options', value: 'SAMEORIGIN' },
    { name: 'Referrer-Policy', value: 'strict-origin-when-cross-origin' },
    { name: 'X-Permitted-Cross-Domain-Policies', value: 'none' },
  ],
  add: [],
  remove: [],
}

/** @returns why nobody may touch the header, or `null` */
function ownerOf(name: string, direction: 'request' | 'response'): string | null {
  const lower = name.toLowerCase()
  if (FRAMING_HEADERS.has(lower)) return `other names than ${name}, which frames the message`
  if (direction === 'response')
    return ANSWER_HEADERS.has(lower) ? `other names than ${name}, which the proxy writes` : null
  return FORWARDING_HEADERS.has(lower) ? `other names than ${name}, which the proxy says of the client` : null
}

function decodeLines(direction: 'request' | 'response'): Decoder<readonly Field[]> {
  return (text) => {
    const fields: Field[] = []
    for (const line of text.split(/\r?\n/).map((part) => part.trim())) {
      if (line === '') continue
      const field = readLine(line, direction)
      if (typeof field === 'string') return { ok: false, accepted: field }
      fields.push(field)
    }
    if (fields.length > MOST_LINES) return { ok: false, accepted: `at most ${MOST_LINES} lines` }
    return { ok: true, value: fields }
  }
}

/** @returns what would be accepted in place of a bad line */
function readLine(line: string, direction: 'request' | 'response'): Field | string {
  const colon = line.indexOf(':')
  const name = line.slice(0, Math.max(colon, 0)).trim()
  const value = line.slice(colon + 1).trim()
  if (!isHeaderName(name)) return 'lines "Name: value", each with the name of a header before the colon'
  const owner = ownerOf(name, direction)
  if (owner !== null) return owner
  if (value === '') return `a value for ${name}; to drop a header use ${direction}-headers-remove`
  if (!isHeaderValue(value) || value.length > LONGEST_VALUE) {
    return `values of plain ASCII characters, up to ${LONGEST_VALUE} of them`
  }
  if (direction === 'request') {
    const template = compileTemplate(value)
    if (!template.ok) return `values without $${template.unknown}; there are ${TEMPLATE_VARIABLES}`
  }
  return { name, value }
}

function decodeNames(direction: 'request' | 'response'): Decoder<readonly string[]> {
  return (text) => {
    const names = text.split(/[,\r\n]/).map((name) => name.trim())
    const written = names.filter((name) => name !== '')
    const bad = written.find((name) => !isHeaderName(name))
    if (bad !== undefined || written.length > MOST_LINES) {
      return { ok: false, accepted: `header names separated by commas, up to ${MOST_LINES}` }
    }
    const owner = written.map((name) => ownerOf(name, direction)).find((reason) => reason !== null)
    return owner === undefined || owner === null ? { ok: true, value: written } : { ok: false, accepted: owner }
  }
}

function editRow<K extends keyof HeaderEdits>(
  key: 'requestHeaders' | 'responseHeaders',
  part: K,
  decode: Decoder<HeaderEdits[K]>,
): SettingRow<Draft> {
  return settingRow(decode, (draft, value) => {
    draft.genkan = { ...draft.genkan, [key]: { ...(draft.genkan[key] ?? NO_EDITS), [part]: value } }
  })
}

export const HEADER_ROWS: Readonly<Record<string, SettingRow<Draft>>> = {
  'request-headers-set': editRow('requestHeaders', 'set', decodeLines('request')),
  'request-headers-add': editRow('requestHeaders', 'add', decodeLines('request')),
  'request-headers-remove': editRow('requestHeaders', 'remove', decodeNames('request')),
  'response-headers-set': editRow('responseHeaders', 'set', decodeLines('response')),
  'response-headers-add': editRow('responseHeaders', 'add', decodeLines('response')),
  'response-headers-remove': editRow('responseHeaders', 'remove', decodeNames('response')),
  'security-headers': settingRow(decodeBoolean, (draft, hasSecurityHeaders) => {
    draft.genkan = { ...draft.genkan, hasSecurityHeaders }
  }),
}

/**
 * Changes to the answers of a route: security headers, then the administrator's list, then the Ingress's own lines.
 *
 * @param custom of `custom-headers`
 */
export function answerEditsOf(settings: GenkanSettings, custom: HeaderEdits | null): HeaderEdits | undefined {
  const base = settings.hasSecurityHeaders ? SECURITY_HEADERS : undefined
  return mergeHeaderEdits(mergeHeaderEdits(base, custom ?? undefined), settings.responseHeaders ?? undefined)
}
