/** Annotations and ConfigMap keys about further tries (ingress-nginx, configmap.md: proxy-next-upstream). */
import { RETRY_CONDITIONS, type RetryCondition, type RetryPolicy } from '../../routing/retry-policy.ts'
import { type SettingRow, settingRow } from './setting-row.ts'
import { decodeBoolean, type Decoder, decodeInteger, decodeSeconds } from './values.ts'

interface Draft {
  retry: RetryPolicy | null
  maxTries: number
}

/** Each endpoint is tried once at most, so this is as good as no limit. */
const UNLIMITED = 1_000_000

const decodeConditions: Decoder<readonly RetryCondition[]> = (text) => {
  const words = new Set(text.split(/\s+/))
  const known: readonly string[] = ['off', ...RETRY_CONDITIONS]
  if (![...words].every((word) => known.includes(word)))
    return { ok: false, accepted: `words out of off, ${RETRY_CONDITIONS.join(', ')}, separated by spaces` }
  return { ok: true, value: words.has('off') ? [] : RETRY_CONDITIONS.filter((word) => words.has(word)) }
}

const policyOf = (draft: Draft): RetryPolicy => draft.retry ?? { on: ['error', 'timeout'], timeoutMs: 0 }

const conditions: SettingRow<Draft> = settingRow(decodeConditions, (draft, on) => {
  draft.retry = { ...policyOf(draft), on }
})
const timeout: SettingRow<Draft> = settingRow(decodeSeconds(0), (draft, timeoutMs) => {
  draft.retry = { ...policyOf(draft), timeoutMs }
})
const tries: SettingRow<Draft> = settingRow(decodeInteger(0, UNLIMITED), (draft, count) => {
  draft.maxTries = count === 0 ? UNLIMITED : count
})

export const RETRY_ROWS: Readonly<Record<string, SettingRow<Draft>>> = {
  'proxy-next-upstream': conditions,
  'proxy-next-upstream-timeout': timeout,
  'proxy-next-upstream-tries': tries,
}

/** Keys are read in the order of their names: `retry-non-idempotent` after `proxy-next-upstream`. */
export const RETRY_CONFIG_ROWS: Readonly<Record<string, SettingRow<{ readonly defaults: Draft }>>> = {
  'proxy-next-upstream': (text, { defaults }) => conditions(text, defaults),
  'proxy-next-upstream-timeout': (text, { defaults }) => timeout(text, defaults),
  'proxy-next-upstream-tries': (text, { defaults }) => tries(text, defaults),
  'retry-non-idempotent': settingRow(decodeBoolean, ({ defaults }, isWanted) => {
    const policy = policyOf(defaults)
    const on = RETRY_CONDITIONS.filter((word) =>
      word === 'non_idempotent' ? isWanted || policy.on.includes(word) : policy.on.includes(word),
    )
    defaults.retry = { ...policy, on }
  }),
}
