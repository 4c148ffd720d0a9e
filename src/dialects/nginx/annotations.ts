/**
 * The ingress-nginx annotations that have an effect, one row each: name, how the value is read, what it does. A value
 * that cannot be read leaves the default standing, with a finding.
 *
 * Further features add rows to {@link ROWS}; protections not yet available stand in `protections.ts`.
 */
import { describeObject, originOf, originOfKey } from '../../kube/meta.ts'
import type { Ingress } from '../../kube/objects.ts'
import { findRow } from '../annotations/registry.ts'
import { NGINX } from '../annotations/nginx.ts'
import type { IngressSettings } from '../ingress/settings.ts'
import type { Report } from '../report.ts'
import { ADDRESS_ROWS } from './addresses.ts'
import { AUTH_PLAIN_ROWS, AUTH_ROWS } from './auth.ts'
import { CORS_ROWS } from './cors.ts'
import { AFFINITY_ROWS } from './affinity.ts'
import { ANSWER_ROWS } from './answer-annotations.ts'
import { BALANCING_ROWS } from './balancing.ts'
import { CANARY_ROWS, countsOnCanary, isCanary, remarkIdle, remarkLonely } from './canary.ts'
import { ERROR_ROWS } from './error-annotations.ts'
import { HEADER_ROWS, PROTECTIVE_HEADER_ROWS } from './header-annotations.ts'
import { LIMIT_PLAIN_ROWS, LIMIT_ROWS } from './limits.ts'
import { TRANSFER_ROWS } from './transfer.ts'
import { MIRROR_ROWS } from './mirror.ts'
import { needlessReason } from './needless.ts'
import { protectionAsked } from './protections.ts'
import { PASSTHROUGH_ROWS } from './passthrough.ts'
import { REDIRECT_ROWS } from './redirect-annotations.ts'
import { RETRY_ROWS } from './retry-annotations.ts'
import type { SettingRow } from './setting-row.ts'
import { remarkSnippet } from './snippet-remarks.ts'
import {
  CLIENT_CERTIFICATE_PLAIN_ROWS,
  CLIENT_CERTIFICATE_ROWS,
  closeClientHosts,
  HOST_TLS_ROWS,
  UPSTREAM_TLS_PLAIN_ROWS,
  UPSTREAM_TLS_ROWS,
} from './tls.ts'
import { TRACING_ROWS } from './tracing.ts'
import { checkForm } from './value-form.ts'
import { BACKEND_PROTOCOLS, toUpstreamProtocol } from './backend-protocol.ts'
import {
  decodeAbsolutePath,
  decodeBoolean,
  type Decoder,
  decodeInteger,
  decodeRewriteTarget,
  decodeSeconds,
  decodeSize,
  decodeUrl,
  decodeWord,
} from './values.ts'

const NGINX_PREFIX = NGINX.prefix

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Settings while annotations are read; what takes several annotations together is settled at the end. */
interface SettingsDraft extends Mutable<IngressSettings> {
  sslRedirect: boolean
  forceSslRedirect: boolean
  permanentRedirect: string
  permanentCode: number
  temporalRedirect: string
  temporalCode: number
  isRedirectGroupVoid: boolean
}

interface Row {
  readonly name: string
  /** @returns what would be accepted, or `null` when the value was taken */
  read(text: string, draft: SettingsDraft): string | null
  /** After a bad value. */
  reject(draft: SettingsDraft): void
  /** A bad value closes the routes instead of leaving the default. */
  readonly protects?: boolean
  /** What a bad value leads to, in the remark; absent = the default applies. */
  readonly effect?: string
}

function row<T>(
  name: string,
  decode: Decoder<T>,
  apply: (draft: SettingsDraft, value: T) => void,
  reject: (draft: SettingsDraft) => void = () => {},
): Row {
  return {
    name,
    read(text, draft) {
      const decoded = decode(text)
      if (!decoded.ok) return decoded.accepted
      apply(draft, decoded.value)
      return null
    },
    reject,
  }
}

/** Rows of a feature's own file: a bad value leaves the default. */
function plainRows(rows: Readonly<Record<string, SettingRow<SettingsDraft>>>): readonly Row[] {
  return Object.entries(rows).map(([name, read]) => ({ name, read, reject: () => {} }))
}

/** The same where a bad value must not leave routes unprotected. */
function protectiveRows(
  rows: Readonly<Record<string, SettingRow<SettingsDraft>>>,
  reject = closeRoutes,
  effect = 'so its routes answer 503',
): readonly Row[] {
  return Object.entries(rows).map(([name, read]) => ({ name, read, reject, protects: true, effect }))
}

function closeRoutes(draft: SettingsDraft): void {
  draft.isDenied = true
}

const REDIRECTS_NOTHING = 'so it redirects nothing'

const ROWS: readonly Row[] = [
  row('ssl-redirect', decodeBoolean, (draft, value) => {
    draft.sslRedirect = value
  }),
  row('force-ssl-redirect', decodeBoolean, (draft, value) => {
    draft.forceSslRedirect = value
  }),
  row('rewrite-target', decodeRewriteTarget, (draft, value) => {
    draft.rewriteTarget = value
  }),
  row('use-regex', decodeBoolean, (draft, value) => {
    draft.usesRegex = value
  }),
  row('app-root', decodeAbsolutePath, (draft, value) => {
    draft.appRoot = value
  }),
  {
    ...row('permanent-redirect', decodeUrl(true), (draft, value) => {
      draft.permanentRedirect = value
    }),
    effect: REDIRECTS_NOTHING,
  },
  row('permanent-redirect-code', decodeInteger(300, 308), (draft, value) => {
    draft.permanentCode = value
  }),
  {
    ...row(
      'temporal-redirect',
      decodeUrl(false),
      (draft, value) => {
        draft.temporalRedirect = value
      },
      // Another scheme than http makes the whole group ineffective, as in ingress-nginx.
      (draft) => {
        draft.isRedirectGroupVoid = true
      },
    ),
    effect: REDIRECTS_NOTHING,
  },
  row('temporal-redirect-code', decodeInteger(300, 307), (draft, value) => {
    draft.temporalCode = value
  }),
  row('proxy-body-size', decodeSize, (draft, value) => {
    draft.maxBodyBytes = value
  }),
  row('proxy-connect-timeout', decodeSeconds(1), (draft, value) => {
    draft.connectTimeoutMs = value
  }),
  row('proxy-send-timeout', decodeSeconds(1), (draft, value) => {
    draft.sendTimeoutMs = value
  }),
  row('proxy-read-timeout', decodeSeconds(1), (draft, value) => {
    draft.readTimeoutMs = value
  }),
  ...plainRows(ANSWER_ROWS),
  ...plainRows(ERROR_ROWS),
  ...plainRows(HEADER_ROWS),
  ...plainRows(MIRROR_ROWS),
  ...plainRows(TRANSFER_ROWS),
  ...plainRows(REDIRECT_ROWS),
  ...plainRows(PASSTHROUGH_ROWS),
  ...plainRows(RETRY_ROWS),
  ...plainRows(TRACING_ROWS),
  ...plainRows({ ...BALANCING_ROWS, ...AFFINITY_ROWS, ...CANARY_ROWS }),
  ...plainRows(AUTH_PLAIN_ROWS),
  ...protectiveRows(AUTH_ROWS),
  ...CORS_ROWS,
  ...plainRows({ ...CLIENT_CERTIFICATE_PLAIN_ROWS, ...HOST_TLS_ROWS, ...UPSTREAM_TLS_PLAIN_ROWS }),
  ...protectiveRows(CLIENT_CERTIFICATE_ROWS, closeClientHosts, 'so its hosts answer 403'),
  ...protectiveRows(UPSTREAM_TLS_ROWS),
  ...plainRows(LIMIT_PLAIN_ROWS),
  ...protectiveRows({ ...ADDRESS_ROWS, ...LIMIT_ROWS, ...PROTECTIVE_HEADER_ROWS }),
]

const BY_NAME = new Map(ROWS.map((entry) => [entry.name, entry]))
const decodeProtocol = decodeWord(BACKEND_PROTOCOLS, true)

/** Names that have a decoder, and whether a bad value closes the routes: what the registry is held against. */
export const DECODED_ANNOTATIONS: ReadonlyMap<string, { readonly protects: boolean }> = new Map(
  ROWS.map(({ name, protects = false }) => [name, { protects }]),
)

/**
 * @param defaults what holds where no annotation speaks, from the ConfigMap
 */
export function readNginxSettings(ingress: Ingress, defaults: IngressSettings, report: Report): IngressSettings {
  const { annotations } = ingress.meta
  const names = Object.keys(annotations).filter((name) => name.startsWith(NGINX_PREFIX))
  if (names.length === 0) return defaults
  const draft: SettingsDraft = {
    ...defaults,
    sslRedirect: defaults.httpsRedirect !== 'never',
    forceSslRedirect: defaults.httpsRedirect === 'always',
    permanentRedirect: '',
    permanentCode: 301,
    temporalRedirect: '',
    temporalCode: 302,
    isRedirectGroupVoid: false,
  }
  const idle: string[] = []
  const readsAll = !isCanary(ingress)
  for (const fullName of names.sort()) {
    // The new spelling wins over the old one.
    if (Object.hasOwn(annotations, NGINX.aliases[fullName.slice(NGINX_PREFIX.length)] ?? '')) continue
    const name = fullName.slice(NGINX_PREFIX.length)
    if (readsAll || countsOnCanary(name)) readOne(ingress, name, (annotations[fullName] ?? '').trim(), draft, report)
    else idle.push(name)
  }
  remarkIdle(ingress, idle, report)
  remarkLonely(
    ingress,
    names.map((name) => name.slice(NGINX_PREFIX.length)),
    draft.balancing,
    report,
  )
  return settle(draft)
}

function readOne(ingress: Ingress, name: string, value: string, draft: SettingsDraft, report: Report): void {
  const known = BY_NAME.get(name)
  if (known !== undefined) {
    const accepted = checkForm(name, value) ?? known.read(value, draft)
    if (accepted === null) return
    known.reject(draft)
    remarkValue(ingress, name, value, accepted, report, known)
  } else if (name === 'backend-protocol') readProtocol(ingress, value, draft, report)
  else readUnserved(ingress, name, value, draft, report)
}

/** Annotations without an effect here: what they ask for decides what becomes of the routes. */
function readUnserved(ingress: Ingress, name: string, value: string, draft: SettingsDraft, report: Report): void {
  const origin = originOfKey(ingress, 'metadata', 'annotations', NGINX_PREFIX + name)
  const protection = protectionAsked(name, value)
  if (protection === 'off') return
  if (protection === 'asked') {
    draft.isDenied = true
    report(
      'ANNOTATION_PROTECTS',
      `Cannot protect the routes of ${describeObject(ingress)} with ${NGINX_PREFIX}${name}: it is not available in this version; ` +
        'they answer 503 until the annotation is removed',
      origin,
    )
  } else if (name.endsWith('-snippet')) {
    if (remarkSnippet(ingress, NGINX_PREFIX + name, value, report)) {
      draft.isDenied = true
      // It held for the whole server, whoever else has paths there.
      if (name === 'server-snippet') draft.closesHosts = true
    }
  } else if (needlessReason(name) !== null) {
    report(
      'ANNOTATION_UNSUPPORTED',
      `Cannot use ${NGINX_PREFIX}${name}: ${needlessReason(name)}; remove it to be rid of this remark`,
      origin,
      'info',
    )
  } else if (isKnown(name)) {
    report(
      'ANNOTATION_UNSUPPORTED',
      `Cannot use ${NGINX_PREFIX}${name}: it has no effect in this version; remove it to be rid of this remark`,
      origin,
    )
  }
}

/** Names that nobody knows are remarked on by lint. */
function isKnown(name: string): boolean {
  return findRow(NGINX, name) !== undefined || Object.hasOwn(NGINX.aliases, name)
}

function readProtocol(ingress: Ingress, value: string, draft: SettingsDraft, report: Report): void {
  const decoded = decodeProtocol(value)
  if (!decoded.ok) remarkValue(ingress, 'backend-protocol', value, decoded.accepted, report)
  else draft.protocol = toUpstreamProtocol(ingress, `${NGINX_PREFIX}backend-protocol`, decoded.value, report)
}

function remarkValue(
  ingress: Ingress,
  name: string,
  value: string,
  accepted: string,
  report: Report,
  { protects = false, effect = 'so the default applies' }: Pick<Row, 'protects' | 'effect'> = {},
): void {
  const shown = JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value)
  const state = value === '' ? 'it is empty' : `its value is ${shown}`
  report(
    protects ? 'ANNOTATION_PROTECTS' : 'ANNOTATION_VALUE',
    `Cannot use ${NGINX_PREFIX}${name}: ${state}, ${effect}; accepted is ${accepted}`,
    originOf(ingress, 'metadata', 'annotations', NGINX_PREFIX + name),
  )
}

function settle(draft: SettingsDraft): IngressSettings {
  const {
    sslRedirect,
    forceSslRedirect,
    permanentRedirect,
    permanentCode,
    temporalRedirect,
    temporalCode,
    isRedirectGroupVoid,
    ...settings
  } = draft
  settings.httpsRedirect = forceSslRedirect ? 'always' : sslRedirect ? 'with-tls' : 'never'
  if (isRedirectGroupVoid) settings.redirect = null
  else if (temporalRedirect !== '') settings.redirect = { status: temporalCode, location: temporalRedirect }
  else if (permanentRedirect !== '') settings.redirect = { status: permanentCode, location: permanentRedirect }
  return settings
}
