/** Checks JSON annotation values against the shape that their reader expects. */
import { parseAlbAction } from './alb-action.ts'
import { checkConditions, checkTransforms } from './alb-conditions.ts'
import { parseListenPorts } from './alb-listeners.ts'
import { type JsonObject, parseJson, textOf, toObject } from './json-value.ts'
import type { JsonShape } from './vocabulary.ts'

const OIDC_KEYS = ['issuer', 'authorizationEndpoint', 'tokenEndpoint', 'userInfoEndpoint', 'secretName']
const COGNITO_KEYS = ['userPoolARN', 'userPoolClientID', 'userPoolDomain']
const JWT_KEYS = ['jwksEndpoint', 'issuer']

/** `null` for a usable value, else `<state>; <what would be accepted>`. */
export function checkJson(shape: JsonShape, text: string): string | null {
  if (shape === 'listen-ports') return problemOf(parseListenPorts(text))
  if (shape === 'action') return problemOf(parseAlbAction(text))
  const json = parseJson(text)
  if (!json.ok) return json.problem
  switch (shape) {
    case 'any-object':
      return toObject(json.value) === null ? 'it is not a JSON object; write {...}' : null
    case 'any-list':
      return Array.isArray(json.value) ? null : 'it is not a JSON array; write [...]'
    case 'conditions':
      return checkConditions(json.value)
    case 'transforms':
      return checkTransforms(json.value)
    case 'mutual-authentication':
      return checkMutualAuthentication(json.value)
    case 'oidc':
      return checkKeys(json.value, OIDC_KEYS)
    case 'cognito':
      return checkKeys(json.value, COGNITO_KEYS)
    case 'jwt':
      return checkKeys(json.value, JWT_KEYS)
  }
}

function problemOf(parsed: { readonly ok: true } | { readonly ok: false; readonly problem: string }): string | null {
  return parsed.ok ? null : parsed.problem
}

function checkKeys(value: unknown, keys: readonly string[]): string | null {
  const object = toObject(value)
  if (object === null) return 'it is not a JSON object; write {...}'
  const missing = keys.filter((key) => (textOf(object, key) ?? '') === '')
  return missing.length === 0 ? null : `${missing.map((key) => `"${key}"`).join(', ')} missing; all are required`
}

function checkMutualAuthentication(value: unknown): string | null {
  if (!Array.isArray(value) || value.length === 0)
    return 'it is not a JSON array with entries; write [{"port": 443, ...}]'
  for (const [index, item] of (value as readonly unknown[]).entries()) {
    const entry = toObject(item)
    const problem = entry === null ? 'is not an object; write {...}' : checkMutualEntry(entry)
    if (problem !== null) return `entry ${index + 1} ${problem}`
  }
  return null
}

function checkMutualEntry(entry: JsonObject): string | null {
  const port = Number(textOf(entry, 'port'))
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return 'has no usable "port"; write 1 to 65535'
  const mode = textOf(entry, 'mode') ?? ''
  if (!['off', 'passthrough', 'verify'].includes(mode)) {
    return `has the mode ${JSON.stringify(mode.slice(0, 40))}; write off, passthrough or verify`
  }
  const hasTrustStore = (textOf(entry, 'trustStore') ?? '') !== ''
  if (mode === 'verify' && !hasTrustStore) return 'has no "trustStore"; the mode verify needs one'
  if (mode !== 'verify' && hasTrustStore) return `has a "trustStore"; only the mode verify takes one`
  return null
}
