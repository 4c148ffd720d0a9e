/** Annotations and ConfigMap keys about errors (ingress-nginx, custom-errors.md). */
import type { ErrorSettings } from '../ingress/error-settings.ts'
import { type SettingRow, settingRow } from './setting-row.ts'
import { decodeBoolean, type Decoder } from './values.ts'

interface Draft {
  errors: ErrorSettings
}

/** Statuses from `min` to 599. */
function decodeStatuses(min: number): Decoder<readonly number[]> {
  return (text) => {
    const words = text
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '')
    const fits = words.every((word) => /^\d{3}$/.test(word) && Number(word) >= min && Number(word) <= 599)
    return fits
      ? { ok: true, value: [...new Set(words.map(Number))].sort((a, b) => a - b) }
      : { ok: false, accepted: `statuses from ${min} to 599 separated by commas` }
  }
}

const decodeService: Decoder<string> = (text) =>
  /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text)
    ? { ok: true, value: text }
    : { ok: false, accepted: 'the name of a Service in the namespace of the Ingress' }

const statuses = (min: number): SettingRow<Draft> =>
  settingRow(decodeStatuses(min), (draft, value) => {
    draft.errors = { ...draft.errors, statuses: value }
  })
const passUpstream: SettingRow<Draft> = settingRow(decodeBoolean, (draft, value) => {
  draft.errors = { ...draft.errors, interceptsUpstream: !value }
})

export const ERROR_ROWS: Readonly<Record<string, SettingRow<Draft>>> = {
  'custom-http-errors': statuses(400),
  'default-backend': settingRow(decodeService, (draft, defaultBackend) => {
    draft.errors = { ...draft.errors, defaultBackend }
  }),
  'disable-proxy-intercept-errors': passUpstream,
}

export const ERROR_CONFIG_ROWS: Readonly<Record<string, SettingRow<{ readonly defaults: Draft }>>> = {
  'custom-http-errors': (text, { defaults }) => statuses(300)(text, defaults),
  'disable-proxy-intercept-errors': (text, { defaults }) => passUpstream(text, defaults),
}
