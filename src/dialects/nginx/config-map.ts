/** Settings from ingress-nginx's ConfigMap (configmap.md of its user guide). A value that cannot be read leaves the default. */
import type { Origin } from '../../base/finding.ts'
import { describeObject, originOf, originOfKey } from '../../kube/meta.ts'
import type { ConfigMap } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import { DEFAULT_SETTINGS } from '../../routing/defaults.ts'
import type { AccessLogSettings, ProxySettings } from '../../routing/model.ts'
import type { RequestBlocks } from '../../routing/request-blocks.ts'
import { DEFAULT_TLS_POLICY } from '../../routing/tls-policy.ts'
import { type IngressSettings, NGINX_SETTINGS } from '../ingress/settings.ts'
import type { Report } from '../report.ts'
import type { TranslateOptions } from '../translation.ts'
import {
  type AnnotationPolicy,
  defaultAnnotationPolicy,
  POLICY_CONFIG_ROWS,
  RISK_LEVEL_KEY,
} from './annotation-policy.ts'
import { AUTH_CONFIG_ROWS, AUTH_PLAIN_CONFIG_ROWS } from './auth.ts'
import { ADDRESS_CONFIG_ROWS } from './addresses.ts'
import { BALANCING_CONFIG_ROWS } from './balancing.ts'
import { BLOCK_CONFIG_ROWS, NO_BLOCKS } from './blocks.ts'
import { CLIENT_ADDRESS_ROWS, type ClientAddressConfig, settleClientAddress, TRUST_NOBODY } from './client-address.ts'
import { TRANSFER_CONFIG_ROWS } from './transfer.ts'
import { COMPRESSION_CONFIG_ROWS } from './compression.ts'
import { remarkUnreadKey } from './config-key-remarks.ts'
import {
  CONNECTION_CONFIG_ROWS,
  type ConnectionConfig,
  defaultConnectionConfig,
  settleConnections,
} from './connection-config.ts'
import type { Sourced } from './controller-args.ts'
import { ANSWER_CONFIG_ROWS } from './answer-annotations.ts'
import { ERROR_CONFIG_ROWS } from './error-annotations.ts'
import { defaultHeaderConfig, HEADER_CONFIG_ROWS, type HeaderConfig } from './header-config.ts'
import { LIMIT_CONFIG_ROWS } from './limits.ts'
import { defaultLogConfig, LOG_CONFIG_ROWS, type LogConfig, settleLogs, syslogTrouble } from './log-config.ts'
import { configAsksProtection } from './protections.ts'
import { REDIRECT_CONFIG_ROWS } from './redirect-annotations.ts'
import { RETRY_CONFIG_ROWS } from './retry-annotations.ts'
import { SERVER_CONFIG_ROWS } from './server-config.ts'
import { idleParts } from './tls-remarks.ts'
import { TLS_CONFIG_ROWS, TLS_POLICY_ROWS, type TlsPolicyDraft } from './tls.ts'
import { defaultTracingConfig, TRACING_CONFIG_ROWS, type TracingConfig } from './tracing.ts'
import { decodeBoolean, type Decoder, decodeInteger, decodeSeconds, decodeSize, decodeWord } from './values.ts'

export interface NginxConfig {
  /** What holds for an nginx Ingress where no annotation speaks. */
  readonly defaults: IngressSettings
  readonly proxy: ProxySettings
  readonly headers: HeaderConfig
  readonly tracing: TracingConfig
  readonly policy: AnnotationPolicy
  /** Requests that no route takes; `null` = none. */
  readonly blocks: RequestBlocks | null
  /** Where a key was written. */
  readonly originOf: (key: string) => Origin
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

interface ConfigDraft {
  readonly defaults: Mutable<IngressSettings>
  readonly proxy: Mutable<ProxySettings>
  readonly accessLog: Mutable<AccessLogSettings>
  readonly headers: HeaderConfig
  readonly tracing: TracingConfig
  readonly logs: LogConfig
  readonly policy: AnnotationPolicy
  blocks: RequestBlocks
  readonly clients: ClientAddressConfig
  readonly connections: ConnectionConfig
  readonly tls: TlsPolicyDraft
  sslRedirect: boolean
  forceSslRedirect: boolean
}

/** @returns what would be accepted, or `null` when the value was taken */
type Row = (text: string, draft: ConfigDraft) => string | null

function row<T>(decode: Decoder<T>, apply: (draft: ConfigDraft, value: T) => void): Row {
  return (text, draft) => {
    const decoded = decode(text)
    if (!decoded.ok) return decoded.accepted
    apply(draft, decoded.value)
    return null
  }
}

/** Row for a number of the proxy's settings. */
function proxyRow(
  decode: Decoder<number>,
  key: { [K in keyof ProxySettings]-?: ProxySettings[K] extends number ? K : never }[keyof ProxySettings],
): Row {
  return row(decode, (draft, value) => {
    draft.proxy[key] = value
  })
}

const COUNT = decodeInteger(1, 1_000_000_000)
const REDIRECT_CODES = ['301', '302', '307', '308'] as const

const ROWS: Readonly<Record<string, Row>> = {
  'ssl-redirect': row(decodeBoolean, (draft, value) => {
    draft.sslRedirect = value
  }),
  'force-ssl-redirect': row(decodeBoolean, (draft, value) => {
    draft.forceSslRedirect = value
  }),
  'http-redirect-code': row(decodeWord(REDIRECT_CODES, false), (draft, value) => {
    draft.defaults.httpsRedirectStatus = Number(value) as IngressSettings['httpsRedirectStatus']
  }),
  'no-tls-redirect-locations': row(decodeText, (draft, value) => {
    const paths = value.split(',').map((path) => path.trim())
    draft.defaults.noHttpsRedirectPaths = paths.filter((path) => path !== '')
  }),
  'proxy-body-size': row(decodeSize, (draft, value) => {
    draft.defaults.maxBodyBytes = value
  }),
  'proxy-connect-timeout': row(decodeSeconds(1), (draft, value) => {
    draft.defaults.connectTimeoutMs = value
  }),
  'proxy-read-timeout': row(decodeSeconds(1), (draft, value) => {
    draft.defaults.readTimeoutMs = value
  }),
  'proxy-send-timeout': row(decodeSeconds(1), (draft, value) => {
    draft.defaults.sendTimeoutMs = value
  }),
  'keep-alive': proxyRow(decodeSeconds(0), 'keepAliveMs'),
  'keep-alive-requests': proxyRow(COUNT, 'keepAliveRequests'),
  'client-header-timeout': proxyRow(decodeSeconds(1), 'clientHeaderTimeoutMs'),
  'client-body-timeout': proxyRow(decodeSeconds(1), 'clientBodyTimeoutMs'),
  'large-client-header-buffers': proxyRow(decodeBuffers, 'maxHeadBytes'),
  'upstream-keepalive-connections': proxyRow(decodeInteger(0, 1_000_000), 'upstreamKeepaliveConnections'),
  'upstream-keepalive-timeout': proxyRow(decodeSeconds(1), 'upstreamKeepaliveMs'),
  'upstream-keepalive-requests': proxyRow(COUNT, 'upstreamKeepaliveRequests'),
  'http2-max-concurrent-streams': proxyRow(decodeInteger(1, 65_535), 'http2MaxConcurrentStreams'),
  'enable-underscores-in-headers': row(decodeBoolean, (draft, value) => {
    draft.proxy.allowsUnderscoresInHeaders = value
  }),
  'log-format-upstream': row(decodeText, (draft, value) => {
    draft.accessLog.format = value
  }),
  'log-format-escape-json': row(decodeBoolean, (draft, value) => {
    if (value) draft.accessLog.escape = 'json'
  }),
  'log-format-escape-none': row(decodeBoolean, (draft, value) => {
    // Both at once: JSON stays valid JSON.
    if (value && draft.accessLog.escape !== 'json') draft.accessLog.escape = 'none'
  }),
  'disable-access-log': row(decodeBoolean, (draft, isDisabled) => {
    disableAccessLog(draft, isDisabled)
    if (isDisabled) draft.connections.hasNoLog = true
  }),
  'disable-http-access-log': row(decodeBoolean, disableAccessLog),
  ...ANSWER_CONFIG_ROWS,
  ...ERROR_CONFIG_ROWS,
  ...HEADER_CONFIG_ROWS,
  ...REDIRECT_CONFIG_ROWS,
  ...RETRY_CONFIG_ROWS,
  ...TRACING_CONFIG_ROWS,
  ...LOG_CONFIG_ROWS,
  ...POLICY_CONFIG_ROWS,
  ...SERVER_CONFIG_ROWS,
  ...BLOCK_CONFIG_ROWS,
  ...CLIENT_ADDRESS_ROWS,
  ...CONNECTION_CONFIG_ROWS,
  ...Object.fromEntries(
    Object.entries(TLS_POLICY_ROWS).map(([key, read]): [string, Row] => [key, (text, draft) => read(text, draft.tls)]),
  ),
  ...Object.fromEntries(
    Object.entries({
      ...AUTH_PLAIN_CONFIG_ROWS,
      ...AUTH_CONFIG_ROWS,
      ...ADDRESS_CONFIG_ROWS,
      ...LIMIT_CONFIG_ROWS,
      ...BALANCING_CONFIG_ROWS,
      ...COMPRESSION_CONFIG_ROWS,
      ...TRANSFER_CONFIG_ROWS,
      ...TLS_CONFIG_ROWS,
    }).map(([key, read]): [string, Row] => [key, (text, draft) => read(text, draft.defaults)]),
  ),
}

/** Keys that have an effect. */
export const READ_CONFIG_KEYS: ReadonlySet<string> = new Set(Object.keys(ROWS))

/** @param name `namespace/name`; empty for defaults throughout */
export function readNginxConfig(
  snapshot: Snapshot,
  { value: name, origin }: Sourced,
  options: Pick<TranslateOptions, 'unknownLogVariables'>,
  report: Report,
): NginxConfig {
  const configMap = name === '' ? undefined : findConfigMap(snapshot, name, origin, report)
  if (configMap === undefined) {
    return {
      defaults: NGINX_SETTINGS,
      proxy: DEFAULT_SETTINGS,
      headers: defaultHeaderConfig(),
      tracing: defaultTracingConfig(),
      policy: defaultAnnotationPolicy(),
      blocks: null,
      originOf: () => origin,
    }
  }
  const draft: ConfigDraft = {
    defaults: { ...NGINX_SETTINGS },
    proxy: { ...DEFAULT_SETTINGS },
    accessLog: { ...DEFAULT_SETTINGS.accessLog },
    headers: defaultHeaderConfig(),
    tracing: defaultTracingConfig(),
    logs: defaultLogConfig(),
    policy: defaultAnnotationPolicy(),
    blocks: NO_BLOCKS,
    clients: { ...TRUST_NOBODY },
    connections: defaultConnectionConfig(),
    tls: { policy: DEFAULT_TLS_POLICY },
    sslRedirect: true,
    forceSslRedirect: false,
  }
  // Sorted, so that remarks and the JSON rule above do not depend on the order in the file.
  for (const key of Object.keys(configMap.data).sort())
    readKey(configMap, key, configMap.data[key] ?? '', draft, report)
  for (const [kind, key, format] of [
    ['requests', 'log-format-upstream', draft.accessLog.format],
    ['streams', 'log-format-stream', draft.connections.streams.accessLog.format],
  ] as const) {
    for (const variable of options.unknownLogVariables?.(format, kind) ?? []) {
      report(
        'LOG_VARIABLE_UNKNOWN',
        `Cannot log $${variable}: Genkan has no such variable; it is written as "-"`,
        originOf(configMap, 'data', key),
      )
    }
  }
  draft.defaults.httpsRedirect = draft.forceSslRedirect ? 'always' : draft.sslRedirect ? 'with-tls' : 'never'
  const trouble = syslogTrouble(draft.logs)
  if (trouble !== null) {
    const origin = originOf(configMap, 'data', 'enable-syslog')
    report('CONFIG_VALUE', `Cannot use enable-syslog of ${describeObject(configMap)}: ${trouble}`, origin)
  }
  const trustedProxies = settleClientAddress(draft.clients)
  return {
    defaults: draft.defaults,
    proxy: {
      ...draft.proxy,
      accessLog: { ...draft.accessLog, ...settleLogs(draft.logs) },
      ...(trustedProxies === null ? {} : { trustedProxies }),
      ...settleConnections(draft.connections, draft.clients),
      ...(draft.tls.policy === DEFAULT_TLS_POLICY ? {} : { tls: draft.tls.policy }),
    },
    headers: draft.headers,
    tracing: draft.tracing,
    policy: draft.policy,
    blocks: draft.blocks === NO_BLOCKS ? null : draft.blocks,
    originOf: (key) => originOf(configMap, 'data', key),
  }
}

function findConfigMap(snapshot: Snapshot, name: string, origin: Origin, report: Report): ConfigMap | undefined {
  const slash = name.indexOf('/')
  const configMap = snapshot.configMap(name.slice(0, slash), name.slice(slash + 1))
  if (slash > 0 && configMap !== undefined) return configMap
  const state = slash > 0 ? 'it does not exist' : 'it is not namespace/name'
  const message = `Cannot read settings from ConfigMap ${name}: ${state}; the defaults apply`
  report('CONFIG_MAP_NOT_FOUND', message, origin, undefined, slash > 0 ? `ConfigMap ${name}` : undefined)
  return undefined
}

/** Their values appear nowhere. */
const SECRET_KEYS: ReadonlySet<string> = new Set(['ssl-session-ticket-key'])

function readKey(configMap: ConfigMap, key: string, written: string, draft: ConfigDraft, report: Report): void {
  const value = written.trim()
  const known = Object.hasOwn(ROWS, key) ? ROWS[key] : undefined
  if (known !== undefined) {
    // ingress-nginx reads an empty value as unset.
    const accepted = value === '' ? null : known(value, draft)
    if (accepted === null) {
      remarkParts(configMap, key, value, report)
      return
    }
    if (Object.hasOwn(AUTH_CONFIG_ROWS, key)) {
      draft.defaults.auth = { ...draft.defaults.auth, isGlobalBroken: true }
      report(
        'CONFIG_PROTECTS',
        `Cannot protect routes with ${key} of ${describeObject(configMap)}: its value cannot be read, so those without enable-global-auth: "false" answer 503; accepted is ${accepted}`,
        originOf(configMap, 'data', key),
      )
      return
    }
    if (Object.hasOwn(ADDRESS_CONFIG_ROWS, key) || Object.hasOwn(BLOCK_CONFIG_ROWS, key) || key === RISK_LEVEL_KEY) {
      draft.defaults.isDenied = true
      report(
        'CONFIG_PROTECTS',
        `Cannot protect routes with ${key} of ${describeObject(configMap)}: its value cannot be read, so all routes answer 503; accepted is ${accepted}`,
        originOf(configMap, 'data', key),
      )
      return
    }
    // Its default trusts everybody.
    const effect = key === 'proxy-real-ip-cidr' ? 'no proxy is trusted' : 'the default applies'
    const shown = SECRET_KEYS.has(key)
      ? 'not shown'
      : JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value)
    report(
      'CONFIG_VALUE',
      `Cannot use ${key} of ${describeObject(configMap)}: its value is ${shown}, so ${effect}; accepted is ${accepted}`,
      originOf(configMap, 'data', key),
    )
  } else if (configAsksProtection(key, value)) {
    draft.defaults.isDenied = true
    report(
      'CONFIG_PROTECTS',
      `Cannot protect all routes with ${key}: it is not available in this version; they answer 503 until the key is removed`,
      originOfKey(configMap, 'data', key),
    )
  } else remarkUnreadKey(configMap, key, value, report)
}

/** A value that was taken may still hold what has no effect. */
function remarkParts(configMap: ConfigMap, key: string, value: string, report: Report): void {
  const idle = idleParts(key, value)
  if (idle === null) return
  report(
    'CONFIG_VALUE',
    `Cannot use all of ${key} of ${describeObject(configMap)}: ${idle}`,
    originOf(configMap, 'data', key),
  )
}

function disableAccessLog(draft: ConfigDraft, isDisabled: boolean): void {
  if (isDisabled) draft.accessLog.isEnabled = false
}

function decodeText(text: string): ReturnType<Decoder<string>> {
  return { ok: true, value: text }
}

/** `4 8k`: how many buffers of which size a request head may fill. */
function decodeBuffers(text: string): ReturnType<Decoder<number>> {
  const [count = '', size = '', ...rest] = text.split(/\s+/)
  const bytes = decodeSize(size)
  const total = /^\d{1,4}$/.test(count) && bytes.ok && rest.length === 0 ? Number(count) * bytes.value : 0
  return total >= 1024 && total <= 16_777_216
    ? { ok: true, value: total }
    : { ok: false, accepted: 'a number and a size such as "4 8k", 1k to 16m in all' }
}
