/** `genkan.dev/respond`, `respond-content-type` and `redirects`: what `return` and `rewrite` were for in snippets. */
import { compileLinearRegex } from '../../base/linear-regex.ts'
import { toByteString } from '../../routing/path-match.ts'
import { fillRedirect, type PathRedirect, redirectPattern } from '../../routing/path-redirect.ts'
import type { GenkanSettings } from '../ingress/genkan-settings.ts'
import { type SettingRow, settingRow } from '../nginx/setting-row.ts'
import type { Decoder } from '../nginx/values.ts'

interface Draft {
  genkan: GenkanSettings
}

/** Each costs an expression per request. */
const MOST_REDIRECTS = 200
/** The answer is held in memory and sent in one piece. */
const LONGEST_TEXT = 16_384
const STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const TARGET = /^(?:\/(?!\/)|https?:\/\/[A-Za-z0-9._~:[\]-]+(?:\/|$))[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7e]*$/

const decodeRedirects: Decoder<readonly PathRedirect[]> = (text) => {
  const value: PathRedirect[] = []
  for (const line of text.split(/\r?\n/).map((part) => part.trim())) {
    if (line === '') continue
    const redirect = readRedirect(line)
    if (typeof redirect === 'string') return { ok: false, accepted: redirect }
    value.push(redirect)
  }
  return value.length <= MOST_REDIRECTS
    ? { ok: true, value }
    : { ok: false, accepted: `at most ${MOST_REDIRECTS} lines` }
}

/** @returns what would be accepted in place of a bad line */
function readRedirect(line: string): PathRedirect | string {
  const [code = '', from = '', to = '', ...rest] = line.split(/\s+/)
  const status = Number(code)
  if (to === '' || rest.length > 0 || !STATUSES.has(status)) {
    return 'lines "308 /old/* /new/$1" with a status of 301, 302, 303, 307 or 308'
  }
  if (!/^[/~]/.test(from) || from === '~')
    return 'a path that begins with "/", or "~" and an expression, to redirect from'
  const regex = compileLinearRegex(toByteString(redirectPattern(from)), false)
  if ('error' in regex) return `expressions without this: in ${from}, ${regex.error}`
  if (!TARGET.test(to)) return 'a path or a URL with a host of its own to redirect to'
  if (/\$(?![1-9])/.test(to)) return 'captures $1 to $9 in the target; variables are not'
  if (to.startsWith('/')) {
    const example = (/^[^?#]*/.exec(to)?.[0] ?? to).replaceAll(/\$[1-9]/g, 'x')
    if (fillRedirect(regex, toByteString(to), toByteString(example)) !== null) {
      return `targets that the line itself does not match again, as ${from} matches ${example}`
    }
  }
  return { status, from, to }
}

const decodeRespond: Decoder<GenkanSettings['respond']> = (text) => {
  const match = /^([2-5]\d\d)(?:\s+([^]*))?$/.exec(text)
  const status = Number(match?.[1] ?? 0)
  const body = match?.[2] ?? ''
  if (status < 200 || (status >= 300 && status < 400)) {
    return { ok: false, accepted: 'a status that is no redirect and a text, such as "200 all is well"' }
  }
  if (status === 204 && body !== '') return { ok: false, accepted: '204 without a text' }
  return body.length <= LONGEST_TEXT
    ? { ok: true, value: { status, body } }
    : { ok: false, accepted: `a text of at most ${LONGEST_TEXT} characters` }
}

const decodeMediaType: Decoder<string> = (text) =>
  /^[A-Za-z0-9!#$&^_.+-]+\/[A-Za-z0-9!#$&^_.+-]+(?:\s*;\s*[A-Za-z0-9-]+=[A-Za-z0-9._-]+)*$/.test(text)
    ? { ok: true, value: text }
    : { ok: false, accepted: 'a media type such as "text/html; charset=utf-8"' }

export const ANSWER_ROWS: Readonly<Record<string, SettingRow<Draft>>> = {
  redirects: settingRow(decodeRedirects, (draft, redirects) => {
    draft.genkan = { ...draft.genkan, filter: { ...draft.genkan.filter, redirects } }
  }),
  respond: settingRow(decodeRespond, (draft, respond) => {
    draft.genkan = { ...draft.genkan, respond }
  }),
  'respond-content-type': settingRow(decodeMediaType, (draft, respondContentType) => {
    draft.genkan = { ...draft.genkan, respondContentType }
  }),
}
