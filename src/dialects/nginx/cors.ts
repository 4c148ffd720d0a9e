/**
 * Cross-origin annotations (ingress-nginx, annotations.md: Enable CORS). What cannot be read lets no origin in, where ingress-nginx
 * falls back to letting all in.
 */
import type { CorsPolicy } from '../../routing/cors.ts'
import { type AccessSettings, type CorsSettings, OPEN_ACCESS } from '../ingress/access-settings.ts'
import { decodeBoolean, type Decoder } from './values.ts'

interface Draft {
  access: AccessSettings
}

interface CorsRow {
  readonly name: string
  read(text: string, draft: Draft): string | null
  reject(draft: Draft): void
  /** What a bad value leads to, for the remark. */
  readonly effect?: string
}

const METHOD = /^[A-Za-z]+$/
const HEADER = /^[A-Za-z0-9_-]+$/
const HEADER_OR_STAR = /^(?:[A-Za-z0-9_-]+|\*)$/
/** `scheme://host[:port]`, the first label possibly `*`; hosts are names or addresses. */
const ORIGIN =
  /^[a-z][a-z0-9+.-]*:\/\/(?:\[[0-9a-f:.]+\]|(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]*)(?:\.[a-z0-9_][a-z0-9_-]*)*)(?::\d{1,5})?$/i
const ORIGINS_ACCEPTED =
  '"*", or a comma list of origins such as "https://example.com:8443" and "https://*.example.com"'
const CLOSED = 'so no other origin is let in'

/** @returns true for `*`, `null`, and origins with at most one wildcard, which is the first label */
export function isCorsOrigin(text: string): boolean {
  return text === '*' || text === 'null' || ORIGIN.test(text)
}

/** A list as it is written into the header. */
function decodeTokens(token: RegExp, accepted: string): Decoder<string> {
  return (text) => {
    const entries = text.split(',').map((entry) => entry.trim())
    return entries.every((entry) => token.test(entry)) ? { ok: true, value: text } : { ok: false, accepted }
  }
}

/** Seconds; -1 asks browsers not to remember (Fetch standard, CORS-preflight cache). */
const decodeMaxAge: Decoder<number> = (text) =>
  /^-?\d{1,9}$/.test(text)
    ? { ok: true, value: Number(text) }
    : { ok: false, accepted: 'whole seconds without unit, such as "600"' }

function edit(draft: Draft, cors: Partial<CorsSettings>): void {
  draft.access = { ...draft.access, cors: { ...draft.access.cors, ...cors } }
}

function editPolicy(draft: Draft, policy: Partial<CorsPolicy>): void {
  edit(draft, { policy: { ...draft.access.cors.policy, ...policy } })
}

function closingRow<K extends keyof CorsPolicy>(name: string, key: K, decode: Decoder<CorsPolicy[K]>): CorsRow {
  return {
    ...policyRow(name, key, decode),
    reject: (draft) => edit(draft, { isBroken: true }),
    effect: CLOSED,
  }
}

function policyRow<K extends keyof CorsPolicy>(name: string, key: K, decode: Decoder<CorsPolicy[K]>): CorsRow {
  return {
    name,
    read(text, draft) {
      const decoded = decode(text)
      if (!decoded.ok) return decoded.accepted
      editPolicy(draft, { [key]: decoded.value })
      return null
    },
    reject: () => {},
  }
}

const ENABLE: CorsRow = {
  name: 'enable-cors',
  read(text, draft) {
    const decoded = decodeBoolean(text)
    if (!decoded.ok) return decoded.accepted
    edit(draft, { isEnabled: decoded.value })
    return null
  },
  reject: () => {},
}

/** Good origins of a list with bad ones stay: each is let in for itself. */
const ORIGINS: CorsRow = {
  name: 'cors-allow-origin',
  read(text, draft) {
    const entries = text.split(',').map((entry) => entry.trim())
    const good = entries.filter(isCorsOrigin)
    editPolicy(draft, { allowOrigins: good })
    return good.length === entries.length ? null : ORIGINS_ACCEPTED
  },
  reject(draft) {
    // Not even read, as it is empty or has several lines.
    if (draft.access.cors.policy.allowOrigins === OPEN_ACCESS.cors.policy.allowOrigins) {
      editPolicy(draft, { allowOrigins: [] })
    }
  },
  effect: 'so only the origins in it that can be read are let in',
}

const HEADER_NAMES = 'a comma list of header names'

export const CORS_ROWS: readonly CorsRow[] = [
  ENABLE,
  ORIGINS,
  closingRow('cors-allow-methods', 'allowMethods', decodeTokens(METHOD, 'a comma list of methods such as "GET, POST"')),
  closingRow('cors-allow-headers', 'allowHeaders', decodeTokens(HEADER, HEADER_NAMES)),
  closingRow('cors-allow-credentials', 'allowsCredentials', decodeBoolean),
  policyRow('cors-expose-headers', 'exposeHeaders', decodeTokens(HEADER_OR_STAR, `${HEADER_NAMES}, or "*"`)),
  policyRow('cors-max-age', 'maxAgeSeconds', decodeMaxAge),
]
