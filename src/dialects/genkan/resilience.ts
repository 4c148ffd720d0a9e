/** `genkan.dev/*` annotations about health checks, slow start, limits, budgets and timeouts. */
import type { Service } from '../../kube/objects.ts'
import type { CircuitLimits } from '../../routing/resilience.ts'
import { NO_RESILIENCE, type ResilienceSettings } from '../ingress/resilience-settings.ts'
import { type SettingRow, settingRow } from '../nginx/setting-row.ts'
import { type Decoder, decodeInteger } from '../nginx/values.ts'
import type { Report } from '../report.ts'
import { plainRows, readRows } from './read-rows.ts'
import { decodeDuration, decodeHost, decodeStatuses, decodeTarget } from './values.ts'

interface Draft {
  resilience: ResilienceSettings
}

type Rows = Readonly<Record<string, SettingRow<Draft>>>

const DAY_MS = 86_400_000
const MOST = 1_000_000

function checkRow<K extends keyof ResilienceSettings['healthCheck']>(
  key: K,
  decode: Decoder<NonNullable<ResilienceSettings['healthCheck'][K]>>,
): SettingRow<Draft> {
  return settingRow(decode, (draft, value) => {
    const { resilience } = draft
    draft.resilience = { ...resilience, healthCheck: { ...resilience.healthCheck, [key]: value } }
  })
}

function limitRow(key: keyof CircuitLimits, min: number): SettingRow<Draft> {
  return settingRow(decodeInteger(min, MOST), (draft, value) => {
    const { resilience } = draft
    draft.resilience = { ...resilience, limits: { ...resilience.limits, [key]: value } }
  })
}

function numberRow(
  key: 'slowStartMs' | 'retryBudgetPercent' | 'perTryTimeoutMs' | 'requestTimeoutMs',
  decode: Decoder<number>,
): SettingRow<Draft> {
  return settingRow(decode, (draft, value) => {
    draft.resilience = { ...draft.resilience, [key]: value }
  })
}

/** They belong to a backend and are read on Services too. */
const BACKEND_ROWS: Rows = {
  'health-check-path': checkRow('path', decodeTarget),
  'health-check-host': checkRow('host', decodeHost),
  'health-check-port': checkRow('port', decodeInteger(1, 65_535)),
  'health-check-interval': checkRow('intervalMs', decodeDuration(1000, DAY_MS)),
  'health-check-timeout': checkRow('timeoutMs', decodeDuration(1, 60_000)),
  'health-check-healthy-threshold': checkRow('healthyThreshold', decodeInteger(1, 100)),
  'health-check-unhealthy-threshold': checkRow('unhealthyThreshold', decodeInteger(1, 100)),
  'health-check-expected-statuses': checkRow('expectedStatuses', decodeStatuses),
  'max-connections': limitRow('maxConnections', 1),
  'max-requests': limitRow('maxRequests', 1),
  'max-pending-requests': limitRow('maxPendingRequests', 0),
  'retry-budget-percent': numberRow('retryBudgetPercent', decodeInteger(0, 100)),
  'slow-start': numberRow('slowStartMs', decodeDuration(0, DAY_MS)),
}

export const RESILIENCE_ROWS: Rows = {
  ...BACKEND_ROWS,
  'per-try-timeout': numberRow('perTryTimeoutMs', decodeDuration(1)),
  'request-timeout': numberRow('requestTimeoutMs', decodeDuration(1)),
}

export const SERVICE_ROWS = plainRows(BACKEND_ROWS)

export function readServiceResilience(service: Service, report: Report): ResilienceSettings {
  const draft: Draft = { resilience: NO_RESILIENCE }
  readRows(service, SERVICE_ROWS, draft, report)
  return draft.resilience
}
