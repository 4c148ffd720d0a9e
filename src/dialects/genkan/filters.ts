/** `genkan.dev/deny-*`, `allow-methods` and `limit-status`: what `if`, `location` and `deny` were for in snippets. */
import { compileLinearRegex } from '../../base/linear-regex.ts'
import { normalizePath } from '../../routing/normalize-path.ts'
import { toByteString } from '../../routing/path-match.ts'
import type { Route } from '../../routing/model.ts'
import type { PathPattern, RequestFilter } from '../../routing/request-filter.ts'
import type { AccessSettings } from '../ingress/access-settings.ts'
import { type GenkanSettings } from '../ingress/genkan-settings.ts'
import { decodePatterns } from '../nginx/blocks.ts'
import { type SettingRow, settingRow } from '../nginx/setting-row.ts'
import { type Decoder, decodeInteger, decodeSize } from '../nginx/values.ts'

interface Draft {
  genkan: GenkanSettings
  access: AccessSettings
  maxBodyBytes: number
}

/** Each costs a comparison per request. */
const MOST_PATTERNS = 200

const decodePathPatterns: Decoder<readonly PathPattern[]> = (text) => {
  const value: PathPattern[] = []
  // A comma inside an expression is part of it: what follows does not begin as an entry does.
  for (const entry of text.split(/,\s*(?=[/~])|\r?\n/).map((part) => part.trim())) {
    if (entry === '') continue
    const pattern = readPathPattern(entry)
    if (typeof pattern === 'string') return { ok: false, accepted: pattern }
    value.push(pattern)
  }
  return value.length > 0 && value.length <= MOST_PATTERNS
    ? { ok: true, value }
    : { ok: false, accepted: `1 to ${MOST_PATTERNS} paths` }
}

/** @returns what would be accepted in place of a bad entry */
function readPathPattern(entry: string): PathPattern | string {
  if (entry.startsWith('~')) {
    const caseInsensitive = entry.startsWith('~*')
    const source = entry.slice(caseInsensitive ? 2 : 1).trim()
    if (source === '') return 'an expression behind "~"'
    const regex = compileLinearRegex(toByteString(source), caseInsensitive)
    return 'error' in regex
      ? `expressions without this: in ${entry}, ${regex.error}`
      : { kind: 'regex', source, caseInsensitive }
  }
  if (!entry.startsWith('/')) return 'paths that begin with "/", and expressions behind "~"'
  if (entry.includes('*'))
    return `paths without "*": ${entry.slice(0, entry.indexOf('*'))} is compared with the beginning anyway`
  const bytes = toByteString(entry)
  if (entry.includes('%') || normalizePath(bytes) !== bytes) {
    return `decoded paths without "%", "//" and dots between slashes, as ${entry} would match none`
  }
  return { kind: 'prefix', path: entry }
}

const decodeMethods: Decoder<readonly string[]> = (text) => {
  const methods = text.split(/[\s,]+/).map((method) => method.toUpperCase())
  const written = methods.filter((method) => method !== '')
  return written.every((method) => /^[A-Z][A-Z-]{1,31}$/.test(method))
    ? { ok: true, value: [...new Set(written)] }
    : { ok: false, accepted: 'a comma list of methods such as "GET, POST"' }
}

function filterRow<K extends keyof RequestFilter>(key: K, decode: Decoder<RequestFilter[K]>): SettingRow<Draft> {
  return settingRow(decode, (draft, value) => {
    draft.genkan = { ...draft.genkan, filter: { ...draft.genkan.filter, [key]: value } }
  })
}

export const FILTER_ROWS: Readonly<Record<string, SettingRow<Draft>>> = {
  'allow-methods': filterRow('allowMethods', decodeMethods),
  'deny-paths': filterRow('denyPaths', decodePathPatterns),
  'deny-status': filterRow('denyStatus', decodeInteger(400, 599)),
  'deny-user-agents': filterRow('denyUserAgents', decodePatterns),
  'max-body-size': settingRow(decodeSize, (draft, bytes) => {
    draft.maxBodyBytes = bytes
  }),
  'limit-status': settingRow(decodeInteger(400, 599), (draft, status) => {
    const { access } = draft
    draft.access = { ...access, limits: { ...access.limits, rateStatus: status, connectionStatus: status } }
  }),
}

/** The part of a route that refuses and redirects early; nothing where nothing is asked. */
export function filterField({ filter }: GenkanSettings): Pick<Route, 'filter'> {
  const { denyPaths, denyUserAgents, allowMethods, redirects } = filter
  const isEmpty = denyPaths.length + denyUserAgents.length + allowMethods.length + redirects.length === 0
  return isEmpty ? {} : { filter }
}
