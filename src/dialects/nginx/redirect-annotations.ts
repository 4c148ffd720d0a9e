/** Annotations and ConfigMap keys about redirects and host names (ingress-nginx, annotations.md and configmap.md). */
import type { RedirectSettings } from '../ingress/redirect-settings.ts'
import { type SettingRow, settingRow } from './setting-row.ts'
import { decodeBoolean, type Decoder } from './values.ts'

interface Draft {
  redirects: RedirectSettings
}

/** At most so many names a host: one Ingress must not fill the table. */
const MOST_ALIASES = 100
const NAME = /^(?:\*\.)?(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/

const decodeAliases: Decoder<readonly string[]> = (text) => {
  const names = new Set(text.split(',').map((name) => name.trim().toLowerCase()))
  names.delete('')
  const fits = [...names].every((name) => NAME.test(name)) && names.size > 0 && names.size <= MOST_ALIASES
  return fits
    ? { ok: true, value: [...names].sort() }
    : {
        ok: false,
        accepted: `up to ${MOST_ALIASES} host names separated by commas, *. before one if need be; expressions are not`,
      }
}

const flag = (key: 'keepsTrailingSlash' | 'namesPort' | 'isRelative' | 'fromToWww'): SettingRow<Draft> =>
  settingRow(decodeBoolean, (draft, value) => {
    draft.redirects = { ...draft.redirects, [key]: value }
  })

export const REDIRECT_ROWS: Readonly<Record<string, SettingRow<Draft>>> = {
  'from-to-www-redirect': flag('fromToWww'),
  'preserve-trailing-slash': flag('keepsTrailingSlash'),
  'relative-redirects': flag('isRelative'),
  'server-alias': settingRow(decodeAliases, (draft, aliases) => {
    draft.redirects = { ...draft.redirects, aliases }
  }),
  'use-port-in-redirects': flag('namesPort'),
}

export const REDIRECT_CONFIG_ROWS: Readonly<Record<string, SettingRow<{ readonly defaults: Draft }>>> = {
  'relative-redirects': (text, { defaults }) => flag('isRelative')(text, defaults),
  'use-port-in-redirects': (text, { defaults }) => flag('namesPort')(text, defaults),
}
