/** Annotations about copies of requests (ingress-nginx, annotations.md: Mirror). */
import { originOf } from '../../kube/meta.ts'
import type { Ingress } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import { compileTemplate, TEMPLATE_VARIABLES } from '../../routing/request-template.ts'
import { NGINX } from '../annotations/nginx.ts'
import type { BackendRegistry } from '../ingress/backends.ts'
import type { MirrorSettings } from '../ingress/mirror-settings.ts'
import type { IngressSettings } from '../ingress/settings.ts'
import type { Report } from '../report.ts'
import { decodeHostHeader } from './header-values.ts'
import { type SettingRow, settingRow } from './setting-row.ts'
import { type Decoder, decodeWord } from './values.ts'

interface Draft {
  mirror: MirrorSettings
}

interface MirrorUrl {
  readonly scheme: 'http' | 'https'
  /** Brackets of IPv6 literals kept. */
  readonly host: string
  readonly port: number
  /** Path and query; may hold variables. */
  readonly target: string
}

/** @returns what would be accepted, for a URL that cannot be used */
function parseMirrorUrl(text: string): MirrorUrl | string {
  const match = /^(https?):\/\/(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?([/?$][^#\s]*)?$/i.exec(text)
  const scheme = match?.[1]?.toLowerCase() === 'https' ? 'https' : 'http'
  const port = Number(match?.[3] ?? (scheme === 'https' ? 443 : 80))
  if (match === null || port < 1 || port > 65_535) {
    return 'a URL with a host of its own, such as "https://test.example.com$request_uri"'
  }
  // Without a path nginx would send its own inner one; the request's is what everybody wants.
  const target = match[4] ?? '$request_uri'
  const template = compileTemplate(target)
  if (!template.ok) return `a URL with the variables ${TEMPLATE_VARIABLES}`
  return { scheme, host: match[2] ?? '', port, target }
}

const decodeMirrorUrl: Decoder<string> = (text) => {
  const url = parseMirrorUrl(text)
  return typeof url === 'string' ? { ok: false, accepted: url } : { ok: true, value: text }
}

function mirrorRow<K extends keyof MirrorSettings>(key: K, decode: Decoder<MirrorSettings[K]>): SettingRow<Draft> {
  return settingRow(decode, (draft, value) => {
    draft.mirror = { ...draft.mirror, [key]: value }
  })
}

const decodeSwitch: Decoder<boolean> = (text) => {
  const word = decodeWord(['on', 'off'] as const, false)(text)
  return word.ok ? { ok: true, value: word.value === 'on' } : word
}

export const MIRROR_ROWS: Readonly<Record<string, SettingRow<Draft>>> = {
  'mirror-host': mirrorRow('host', decodeHostHeader),
  'mirror-request-body': mirrorRow('sendsBody', decodeSwitch),
  'mirror-target': mirrorRow('url', decodeMirrorUrl),
}

/**
 * Finds who gets the copies: a host `NAME.NAMESPACE.svc` is that Service, so that its endpoints are known without DNS; any
 * other is resolved by the data plane. A mirror that cannot be reached is left out, with a finding: nobody depends on it.
 */
export function settleMirror(
  ingress: Ingress,
  settings: IngressSettings,
  {
    snapshot,
    backends,
    report,
  }: { readonly snapshot: Snapshot; readonly backends: BackendRegistry; readonly report: Report },
): IngressSettings {
  const { mirror } = settings
  const url = mirror.url === '' ? '' : parseMirrorUrl(mirror.url)
  if (typeof url === 'string') return settings
  const backendId = findBackend(url, snapshot, backends)
  if (backendId === null) {
    report(
      'ANNOTATION_VALUE',
      `Cannot mirror requests to ${url.host}:${url.port}: it is no port of a Service and no host of another machine, so there is no mirror; accepted is one of them`,
      originOf(ingress, 'metadata', 'annotations', `${NGINX.prefix}mirror-target`),
    )
    return settings
  }
  const isUsual = url.port === (url.scheme === 'https' ? 443 : 80)
  const host = mirror.host !== '' ? mirror.host : isUsual ? url.host : `${url.host}:${url.port}`
  const config = { backendId, protocol: url.scheme, host, target: url.target, sendsBody: mirror.sendsBody }
  return { ...settings, mirror: { ...mirror, config } }
}

function findBackend(url: MirrorUrl, snapshot: Snapshot, backends: BackendRegistry): string | null {
  const match = /^([a-z0-9][-a-z0-9]*)\.([a-z0-9][-a-z0-9]*)\.svc(?:\.cluster\.local)?\.?$/i.exec(url.host)
  const service =
    match === null ? undefined : snapshot.service((match[2] ?? '').toLowerCase(), (match[1] ?? '').toLowerCase())
  if (service === undefined) return backends.resolveHost(url.host.replace(/^\[(.*)\]$/, '$1'), url.port)
  return backends.resolveNumber(service, url.port)
}
