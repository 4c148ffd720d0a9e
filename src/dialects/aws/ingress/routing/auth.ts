/** What has to be shown before a route acts: a login with Cognito or OIDC, or a JWT (elbv2 CreateRule, Action). */
import type { RuleAction } from '../../../../aws/stack/rule.ts'
import type { Origin } from '../../../../base/finding.ts'
import type { KubeObject } from '../../../../kube/meta.ts'
import type { Ingress, Service } from '../../../../kube/objects.ts'
import { readOidcClient } from '../../../../kube/oidc-secret.ts'
import type { Snapshot } from '../../../../kube/snapshot.ts'
import { type JsonObject, textOf, toObject } from '../../../annotations/json-value.ts'
import type { Report } from '../../../report.ts'
import { type AnnotationReader, type Reading, valueOr } from '../../annotation-reader.ts'
import { isBlankProtection } from './blank-protection.ts'
import { readJwtValidation } from './jwt-validation.ts'

export type RouteAuth =
  | { readonly kind: 'open' }
  | {
      readonly kind: 'protected'
      readonly action: Extract<RuleAction, { type: 'authenticate-cognito' | 'authenticate-oidc' | 'jwt-validation' }>
      /** Annotation that asks for it. */
      readonly origin: Origin
      readonly name: string
    }
  /** Asked for and not readable; a finding was raised. The route must not be served. */
  | { readonly kind: 'refused' }

export interface AuthSources {
  readonly ingress: Ingress
  /** The one Service that the route forwards to, whose annotations win; `null` for several or none. */
  readonly service: Service | null
}

const PROTECTS = { protects: true } as const
const REFUSED = { kind: 'refused' } as const

export function readAuth(
  { ingress, service }: AuthSources,
  reader: AnnotationReader,
  snapshot: Snapshot,
  report: Report,
): RouteAuth {
  const objects: readonly KubeObject[] = service === null ? [ingress] : [service, ingress]
  const isBlank = (holders: readonly KubeObject[], name: string): boolean =>
    isBlankProtection(holders, reader.fullName(name), report)
  if (isBlank(objects, 'auth-type') || isBlank([ingress], 'jwt-validation')) return REFUSED
  const type = reader.text(objects, 'auth-type', PROTECTS)
  const jwt = reader.json([ingress], 'jwt-validation', PROTECTS)
  if (type.kind === 'unusable' || jwt.kind === 'unusable') return REFUSED
  const isLogin = type.kind === 'value' && type.value !== 'none'
  if (jwt.kind === 'value') {
    if (isLogin) {
      const message = `Cannot use annotation ${jwt.name}: ${type.name} asks for a login too; write one of them`
      report('ANNOTATION_VALUE', message, jwt.origin, 'error')
      return REFUSED
    }
    const config = readJwtValidation(jwt, report)
    if (config === null) return REFUSED
    return { kind: 'protected', origin: jwt.origin, name: jwt.name, action: { type: 'jwt-validation', config } }
  }
  if (!isLogin) {
    if (type.kind === 'absent') remarkIdleProviders(objects, reader, report)
    return { kind: 'open' }
  }
  const login = readLogin(objects, reader)
  if (login === null) return REFUSED
  return type.value === 'cognito'
    ? readCognito(objects, type, login, reader, report)
    : readOidc(ingress, objects, type, login, { reader, snapshot, report })
}

/** Annotations of Services count only where a rule forwards to one alone; where they ask for a login, that is worth a word. */
export function remarkIdleLogins(services: readonly Service[], reader: AnnotationReader, report: Report): void {
  for (const service of services) {
    const type = reader.text([service], 'auth-type', PROTECTS)
    if (type.kind === 'absent' || (type.kind === 'value' && type.value === 'none')) continue
    const message = `Annotation ${type.name} does not count for rules that forward to several target groups: they ask for no login; write it on the Ingress`
    report('AWS_SERVICE_LOGIN_IDLE', message, type.origin)
  }
}

/** Somebody who describes a login and does not ask for it believes in a protection that is not there. */
function remarkIdleProviders(objects: readonly KubeObject[], reader: AnnotationReader, report: Report): void {
  for (const annotation of ['auth-idp-cognito', 'auth-idp-oidc']) {
    const reading = reader.json(objects, annotation)
    if (reading.kind === 'absent') continue
    const type = annotation.slice('auth-idp-'.length)
    const message = `Annotation ${reading.name} protects nothing: nobody asks for a login; write ${reader.fullName('auth-type')}: ${type}`
    report('ANNOTATION_LONELY', message, reading.origin)
  }
}

/** What both kinds of login share; the request parameters are in the JSON of each. */
interface Login {
  readonly onUnauthenticatedRequest: 'authenticate' | 'allow' | 'deny'
  readonly scope: string
  readonly sessionCookieName: string
  readonly sessionTimeoutSeconds: number
}

function readLogin(objects: readonly KubeObject[], reader: AnnotationReader): Login | null {
  const reaction = reader.text(objects, 'auth-on-unauthenticated-request', PROTECTS)
  const scope = reader.text(objects, 'auth-scope', PROTECTS)
  const cookie = reader.text(objects, 'auth-session-cookie', PROTECTS)
  const timeout = reader.int(objects, 'auth-session-timeout', PROTECTS)
  if ([reaction, scope, cookie, timeout].some((reading) => reading.kind === 'unusable')) return null
  return {
    onUnauthenticatedRequest: valueOr(reaction, 'authenticate') as Login['onUnauthenticatedRequest'],
    scope: valueOr(scope, '') || 'openid',
    sessionCookieName: valueOr(cookie, '') || 'AWSELBAuthSessionCookie',
    sessionTimeoutSeconds: valueOr(timeout, 604_800),
  }
}

/** AWS takes full https URLs alone. */
const ENDPOINTS = ['issuer', 'authorizationEndpoint', 'tokenEndpoint', 'userInfoEndpoint'] as const

type Written<T> = Extract<Reading<T>, { kind: 'value' }>

function readCognito(
  objects: readonly KubeObject[],
  type: Written<string>,
  login: Login,
  reader: AnnotationReader,
  report: Report,
): RouteAuth {
  const reading = readProvider(objects, 'auth-idp-cognito', type, reader, report)
  if (reading === null) return REFUSED
  const { object, extraParams, origin, name } = reading
  if (!/^arn:[^:\s]+:cognito-idp:\S+$/.test(textOf(object, 'userPoolARN') ?? '')) {
    const message = `Cannot use annotation ${name}: "userPoolARN" is not the ARN of a user pool; write arn:aws:cognito-idp:...`
    report('ANNOTATION_VALUE', message, origin, 'error')
    return REFUSED
  }
  return {
    kind: 'protected',
    origin: type.origin,
    name: type.name,
    action: {
      type: 'authenticate-cognito',
      config: {
        ...login,
        extraParams,
        userPoolArn: textOf(object, 'userPoolARN') ?? '',
        userPoolClientId: textOf(object, 'userPoolClientID') ?? '',
        userPoolDomain: textOf(object, 'userPoolDomain') ?? '',
      },
    },
  }
}

function readOidc(
  ingress: Ingress,
  objects: readonly KubeObject[],
  type: Written<string>,
  login: Login,
  { reader, snapshot, report }: { reader: AnnotationReader; snapshot: Snapshot; report: Report },
): RouteAuth {
  const reading = readProvider(objects, 'auth-idp-oidc', type, reader, report)
  if (reading === null) return REFUSED
  const { object, extraParams, origin, name } = reading
  const plain = ENDPOINTS.find((key) => !/^https:\/\/\S+$/i.test(textOf(object, key) ?? ''))
  if (plain !== undefined) {
    report(
      'ANNOTATION_VALUE',
      `Cannot use annotation ${name}: "${plain}" is no https URL; write https://...`,
      origin,
      'error',
    )
    return REFUSED
  }
  const { namespace } = ingress.meta
  const secretName = textOf(object, 'secretName') ?? ''
  const secret = snapshot.secret(namespace, secretName)
  if (secret === undefined) {
    const state = `the Secret ${namespace}/${secretName} does not exist`
    report(
      'SECRET_NOT_FOUND',
      `Cannot use annotation ${name}: ${state}; routes answer 503 until it does`,
      origin,
      'error',
      `Secret ${namespace}/${secretName}`,
    )
    return REFUSED
  }
  const client = readOidcClient(secret)
  if (!client.ok) {
    const message = `Cannot use annotation ${name}: Secret ${namespace}/${secretName}: ${client.problem}`
    report('SECRET_INVALID', message, origin, 'error')
    return REFUSED
  }
  return {
    kind: 'protected',
    origin: type.origin,
    name: type.name,
    action: {
      type: 'authenticate-oidc',
      config: {
        ...login,
        extraParams,
        issuer: textOf(object, 'issuer') ?? '',
        authorizationEndpoint: textOf(object, 'authorizationEndpoint') ?? '',
        tokenEndpoint: textOf(object, 'tokenEndpoint') ?? '',
        userInfoEndpoint: textOf(object, 'userInfoEndpoint') ?? '',
        secret: `${namespace}/${secretName}`,
        secretFingerprint: client.fingerprint,
      },
    },
  }
}

interface Provider {
  readonly object: JsonObject
  readonly extraParams: Readonly<Record<string, string>>
  readonly origin: Origin
  readonly name: string
}

function readProvider(
  objects: readonly KubeObject[],
  annotation: string,
  type: Written<string>,
  reader: AnnotationReader,
  report: Report,
): Provider | null {
  const reading = reader.json(objects, annotation, PROTECTS)
  if (reading.kind === 'absent') {
    const name = reader.fullName(annotation)
    const message = `Cannot use annotation ${type.name}: ${type.value} needs ${name}, which is not there; add it`
    report('ANNOTATION_LONELY', message, type.origin, 'error')
    return null
  }
  const object = reading.kind === 'value' ? toObject(reading.value) : null
  if (reading.kind !== 'value' || object === null) return null
  const written = object.get('authenticationrequestextraparams')
  const extraParams: Record<string, string> = {}
  const isMap = written === undefined || (typeof written === 'object' && written !== null && !Array.isArray(written))
  for (const [key, value] of Object.entries(isMap ? (written ?? {}) : {})) {
    if (typeof value === 'string') extraParams[key] = value
  }
  if (!isMap || Object.keys(extraParams).length !== Object.keys(written ?? {}).length) {
    const state = '"authenticationRequestExtraParams" is not an object of texts; write {"key": "value"}'
    report('ANNOTATION_VALUE', `Cannot use annotation ${reading.name}: ${state}`, reading.origin, 'error')
    return null
  }
  return { object, extraParams, origin: reading.origin, name: reading.name }
}
