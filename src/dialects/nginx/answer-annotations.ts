/** Annotations and ConfigMap keys about cookies and redirects of upstreams, and the access log. */
import type { AnswerRewrites, Replacement } from '../../routing/answer-rewrites.ts'
import type { AnswerSettings } from '../ingress/answer-settings.ts'
import { type SettingRow, settingRow } from './setting-row.ts'
import { decodeBoolean, type Decoder } from './values.ts'

interface Draft {
  answers: AnswerSettings
}

/** What header values may hold; variables and expressions would have to be evaluated. */
const TEXT = /^[\x21\x23-\x3a\x3c-\x7d]+$/

function isPlain(text: string): boolean {
  return TEXT.test(text) && !text.includes('$') && !text.startsWith('~')
}

/** `off`, or two words. */
const decodePair: Decoder<Replacement | null> = (text) => {
  if (text === 'off') return { ok: true, value: null }
  const [from = '', to = '', ...rest] = text.split(/\s+/)
  return rest.length === 0 && isPlain(from) && isPlain(to)
    ? { ok: true, value: { from, to } }
    : {
        ok: false,
        accepted: 'off, or two plain words: what is there and what replaces it; expressions and variables are not',
      }
}

const decodePlain: Decoder<string> = (text) =>
  isPlain(text) ? { ok: true, value: text } : { ok: false, accepted: 'a plain word, default or off; variables are not' }

const domain: SettingRow<Draft> = settingRow(decodePair, (draft, cookieDomain) => {
  draft.answers = { ...draft.answers, cookieDomain }
})
const path: SettingRow<Draft> = settingRow(decodePair, (draft, cookiePath) => {
  draft.answers = { ...draft.answers, cookiePath }
})
const from: SettingRow<Draft> = settingRow(decodePlain, (draft, redirectFrom) => {
  draft.answers = { ...draft.answers, redirectFrom }
})
const to: SettingRow<Draft> = settingRow(decodePlain, (draft, redirectTo) => {
  draft.answers = { ...draft.answers, redirectTo }
})

export const ANSWER_ROWS: Readonly<Record<string, SettingRow<Draft>>> = {
  'enable-access-log': settingRow(decodeBoolean, (draft, isLogged) => {
    draft.answers = { ...draft.answers, isLogged }
  }),
  'proxy-cookie-domain': domain,
  'proxy-cookie-path': path,
  'proxy-redirect-from': from,
  'proxy-redirect-to': to,
}

export const ANSWER_CONFIG_ROWS: Readonly<Record<string, SettingRow<{ readonly defaults: Draft }>>> = {
  'proxy-cookie-domain': (text, { defaults }) => domain(text, defaults),
  'proxy-cookie-path': (text, { defaults }) => path(text, defaults),
  'proxy-redirect-from': (text, { defaults }) => from(text, defaults),
  'proxy-redirect-to': (text, { defaults }) => to(text, defaults),
}

/** @returns `undefined` when answers pass as they are */
export function answerRewritesOf(settings: AnswerSettings): AnswerRewrites | undefined {
  const { cookieDomain, cookiePath, redirectFrom, redirectTo } = settings
  // `default` speaks of addresses that answers of a cluster's pods never hold.
  const isOff = ['off', 'default'].includes(redirectFrom) || redirectTo === 'off'
  if (cookieDomain === null && cookiePath === null && isOff) return undefined
  return {
    ...(cookieDomain === null ? {} : { cookieDomain }),
    ...(cookiePath === null ? {} : { cookiePath }),
    ...(isOff ? {} : { location: { from: redirectFrom, to: redirectTo } }),
  }
}
