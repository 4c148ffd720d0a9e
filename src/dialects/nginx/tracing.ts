/** Annotations and ConfigMap keys about traces (ingress-nginx, opentelemetry.md). */
import type { Origin } from '../../base/finding.ts'
import { describeObject, originOf } from '../../kube/meta.ts'
import { DEFAULT_TRACING, type TracingSettings } from '../../routing/tracing.ts'
import { NGINX } from '../annotations/nginx.ts'
import type { ServedIngress } from '../ingress/location.ts'
import type { TracingSettings as RouteSettings } from '../ingress/tracing-settings.ts'
import type { Report } from '../report.ts'
import { type SettingRow, settingRow } from './setting-row.ts'
import { decodeBoolean, type Decoder, decodeInteger, decodeWord } from './values.ts'

interface Draft {
  tracing: RouteSettings
}

/** The part of the ConfigMap that is about the whole proxy. */
export interface TracingConfig {
  exporter: TracingSettings
}

export function defaultTracingConfig(): TracingConfig {
  return { exporter: DEFAULT_TRACING }
}

/** One line of printable ASCII; variables are those of the access log. */
const decodeName: Decoder<string> = (text) =>
  /^[\x20-\x7e]{1,200}$/.test(text)
    ? { ok: true, value: text }
    : { ok: false, accepted: 'up to 200 printable ASCII characters' }

const decodeHost: Decoder<string> = (text) =>
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9])?|\[?[0-9A-Fa-f:]{2,45}\]?)$/.test(text)
    ? { ok: true, value: text }
    : { ok: false, accepted: 'a host name or address, without scheme and port' }

const decodeRatio: Decoder<number> = (text) =>
  /^(?:0|1|0?\.\d{1,15}|0\.0*|1\.0*)$/.test(text)
    ? { ok: true, value: Number(text) }
    : { ok: false, accepted: 'a number from 0 to 1, such as "0.01"' }

const enable: SettingRow<Draft> = settingRow(decodeBoolean, (draft, isOn) => {
  draft.tracing = { ...draft.tracing, isOn }
})
const trust: SettingRow<Draft> = settingRow(decodeBoolean, (draft, trustsIncoming) => {
  draft.tracing = { ...draft.tracing, trustsIncoming }
})
const operationName: SettingRow<Draft> = settingRow(decodeName, (draft, value) => {
  draft.tracing = { ...draft.tracing, operationName: value }
})

export const TRACING_ROWS: Readonly<Record<string, SettingRow<Draft>>> = {
  'enable-opentelemetry': enable,
  'opentelemetry-operation-name': operationName,
  'opentelemetry-trust-incoming-span': trust,
}

interface ConfigDraft {
  readonly defaults: Draft
  readonly tracing: TracingConfig
}

/** Row for one field of the exporter's settings. */
function exporterRow<K extends keyof TracingSettings>(
  key: K,
  decode: Decoder<TracingSettings[K]>,
): SettingRow<ConfigDraft> {
  return settingRow(decode, ({ tracing }, value) => {
    tracing.exporter = { ...tracing.exporter, [key]: value }
  })
}

export const TRACING_CONFIG_ROWS: Readonly<Record<string, SettingRow<ConfigDraft>>> = {
  'enable-opentelemetry': (text, { defaults }) => enable(text, defaults),
  'opentelemetry-operation-name': (text, { defaults }) => operationName(text, defaults),
  'opentelemetry-trust-incoming-span': (text, { defaults }) => trust(text, defaults),
  'otlp-collector-host': exporterRow('collectorHost', decodeHost),
  'otlp-collector-port': exporterRow('collectorPort', decodeInteger(1, 65_535)),
  'otel-service-name': exporterRow('serviceName', decodeName),
  'otel-sampler': exporterRow('sampler', decodeWord(['AlwaysOn', 'AlwaysOff', 'TraceIdRatioBased'], true)),
  'otel-sampler-ratio': exporterRow('ratio', decodeRatio),
  'otel-sampler-parent-based': exporterRow('isParentBased', decodeBoolean),
  'otel-schedule-delay-millis': exporterRow('scheduleDelayMs', decodeInteger(1, 600_000)),
  'otel-max-export-batch-size': exporterRow('maxBatchSize', decodeInteger(1, 10_000)),
  'otel-max-queuesize': exporterRow('maxQueueSize', decodeInteger(1, 100_000)),
}

/** @param isOn some route is traced. @returns part of the proxy's settings */
export function settleTracing({ exporter }: TracingConfig, isOn: boolean): { readonly tracing?: TracingSettings } {
  if (!isOn) return {}
  return { tracing: { ...exporter, maxBatchSize: Math.min(exporter.maxBatchSize, exporter.maxQueueSize) } }
}

/** Traces that nobody collects are most likely not what was meant. */
export function remarkTracing(
  { exporter }: TracingConfig,
  served: readonly ServedIngress[],
  isOnByDefault: boolean,
  configOrigin: Origin,
  report: Report,
): void {
  if (exporter.collectorHost !== '') return
  const state = 'no otlp-collector-host is set'
  const effect = 'trace contexts are passed on, spans go nowhere; set it in the ConfigMap'
  if (isOnByDefault) {
    report('TRACING_WITHOUT_COLLECTOR', `Cannot export traces: ${state}; ${effect}`, configOrigin)
    return
  }
  for (const { ingress, settings } of served) {
    if (!settings.tracing.isOn) continue
    report(
      'TRACING_WITHOUT_COLLECTOR',
      `Cannot export traces of ${describeObject(ingress)}: ${state}; ${effect}`,
      originOf(ingress, 'metadata', 'annotations', `${NGINX.prefix}enable-opentelemetry`),
    )
  }
}
