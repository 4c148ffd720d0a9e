/** ConfigMap keys about the access log's place and request ids (ingress-nginx, configmap.md). */
import type { AccessLogSettings } from '../../routing/model.ts'
import type { TextPattern } from '../../routing/request-blocks.ts'
import { decodePatterns } from './blocks.ts'
import { type SettingRow, settingRow } from './setting-row.ts'
import { decodeBoolean, type Decoder, decodeInteger } from './values.ts'

/** What takes several keys together. */
export interface LogConfig {
  path: string
  /** Wins over `path`, for requests. */
  httpPath: string
  isSyslog: boolean
  syslogHost: string
  syslogPort: number
  skippedUris: readonly TextPattern[]
}

interface Draft {
  readonly logs: LogConfig
  readonly proxy: { generatesRequestIds?: boolean }
}

/** The image of ingress-nginx links this file to standard output. */
const LINKED_TO_STDOUT = '/var/log/nginx/access.log'

export function defaultLogConfig(): LogConfig {
  return { path: '', httpPath: '', isSyslog: false, syslogHost: '', syslogPort: 514, skippedUris: [] }
}

const decodePath: Decoder<string> = (text) =>
  /^\/[\x21-\x7e]*$/.test(text) ? { ok: true, value: text } : { ok: false, accepted: 'an absolute path without spaces' }

const decodeHost: Decoder<string> = (text) =>
  /^(?:[A-Za-z0-9][A-Za-z0-9._-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Fa-f:]{2,45})$/.test(text)
    ? { ok: true, value: text.replace(/^\[|\]$/g, '') }
    : { ok: false, accepted: 'a host name or address, without port' }

export const LOG_CONFIG_ROWS: Readonly<Record<string, SettingRow<Draft>>> = {
  'access-log-path': settingRow(decodePath, ({ logs }, value) => {
    logs.path = value
  }),
  'http-access-log-path': settingRow(decodePath, ({ logs }, value) => {
    logs.httpPath = value
  }),
  'enable-syslog': settingRow(decodeBoolean, ({ logs }, value) => {
    logs.isSyslog = value
  }),
  'syslog-host': settingRow(decodeHost, ({ logs }, value) => {
    logs.syslogHost = value
  }),
  'syslog-port': settingRow(decodeInteger(1, 65_535), ({ logs }, value) => {
    logs.syslogPort = value
  }),
  'skip-access-log-urls': settingRow(decodePatterns, ({ logs }, value) => {
    logs.skippedUris = value
  }),
  'generate-request-id': settingRow(decodeBoolean, ({ proxy }, value) => {
    if (!value) proxy.generatesRequestIds = false
  }),
}

/** @returns part of the access log's settings. Without a host there is no syslog, and lines go where they went */
export function settleLogs(config: LogConfig): Partial<AccessLogSettings> {
  const { isSyslog, syslogHost, syslogPort, skippedUris } = config
  const path = config.httpPath === '' ? config.path : config.httpPath
  return {
    ...(skippedUris.length === 0 ? {} : { skippedUris }),
    ...(path === '' || path === LINKED_TO_STDOUT ? {} : { path }),
    ...(isSyslog && syslogHost !== '' ? { syslog: { host: syslogHost, port: syslogPort } } : {}),
  }
}

/** @returns what is missing for syslog, `null` when nothing is */
export function syslogTrouble({ isSyslog, syslogHost }: LogConfig): string | null {
  return isSyslog && syslogHost === '' ? 'syslog-host is not set, so lines go where they would go without it' : null
}
