/**
 * Every annotation with every kind of wrong value: a finding that shows the value, what is accepted and the place; the
 * neighbour is not harmed; protections close their routes, everything else goes on serving.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { snapshotFromYaml } from '../../../test/support/snapshot-from-yaml.ts'
import type { Finding } from '../../base/finding.ts'
import type { RegistryRow } from '../annotations/nginx/annotation-row.ts'
import { NGINX_FAMILIES } from '../annotations/nginx.ts'
import { translate } from '../translate.ts'
import type { Translation } from '../translation.ts'

const VALUES = {
  empty: '',
  word: 'certainly-not',
  number: '99999999999999999999',
  negative: '-7',
  lines: 'a\r\nX-Evil: 1',
  injection: 'a;}{`"\'$(x)',
  huge: 'x'.repeat(100_000),
  unicode: 'ключ→鍵',
  spaces: 'a b c',
  binary: 'a\u0000b',
} as const

type Kind = keyof typeof VALUES

/** Kinds that are good values of the annotation: text is text. */
const GOOD: Readonly<Record<string, readonly Kind[]>> = {
  'rewrite-target': ['word', 'number', 'negative'],
  'permanent-redirect': ['word', 'number', 'negative'],
  'proxy-redirect-from': ['word', 'number', 'negative'],
  'proxy-redirect-to': ['word', 'number', 'negative'],
  'server-alias': ['word', 'number'],
  'upstream-vhost': ['word', 'number', 'negative'],
  'cors-allow-headers': ['word', 'number', 'negative'],
  'cors-expose-headers': ['word', 'number', 'negative'],
  // Negative ages of preflight answers switch their keeping off (Fetch standard).
  'cors-max-age': ['negative'],
  'auth-realm': ['word', 'number', 'negative', 'unicode', 'spaces'],
  'auth-signin-redirect-param': ['word', 'number', 'negative'],
  'auth-response-headers': ['word', 'number', 'negative'],
  'auth-request-redirect': ['word', 'number', 'negative', 'injection', 'unicode', 'spaces'],
  'auth-cache-key': ['word', 'number', 'negative', 'injection', 'unicode', 'spaces'],
  // No limit, as in ingress-nginx.
  'limit-rps': ['negative'],
  'limit-rpm': ['negative'],
  'limit-connections': ['negative'],
  'session-cookie-name': ['word', 'number', 'negative'],
  'session-cookie-domain': ['word', 'number'],
  'session-cookie-expires': ['negative'],
  'session-cookie-max-age': ['negative'],
  'canary-by-header': ['word', 'number', 'negative'],
  'canary-by-header-value': ['word', 'number', 'negative', 'injection', 'unicode', 'spaces'],
  'canary-by-header-pattern': ['word', 'number', 'negative', 'injection', 'unicode', 'spaces'],
  'canary-by-cookie': ['word', 'number', 'negative'],
  'mirror-host': ['word', 'number', 'negative'],
  'proxy-ssl-name': ['word', 'number'],
  'opentelemetry-operation-name': ['word', 'number', 'negative', 'injection', 'spaces'],
}

/** Kinds that name an object which does not exist: that is the finding. */
const ABSENT: Readonly<Record<string, readonly Kind[]>> = {
  'default-backend': ['word', 'number'],
  'custom-headers': ['word', 'number'],
  'auth-secret': ['word', 'number'],
  'auth-proxy-set-headers': ['word', 'number'],
  'auth-tls-secret': ['word', 'number'],
  'proxy-ssl-secret': ['word', 'number'],
}

/** What an annotation says nothing without. */
const COMPANIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'auth-secret': { 'auth-type': 'basic' },
  'auth-proxy-set-headers': { 'auth-url': 'http://auth.example/' },
}

const PREFIX = 'nginx.ingress.kubernetes.io/'
const ROWS = NGINX_FAMILIES.flatMap((family) => family.rows)

function ingress(name: string, annotations: Readonly<Record<string, string>>): unknown {
  const backend = { service: { name: 'web', port: { number: 80 } } }
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace: 'shop', annotations },
    spec: { rules: [{ host: `${name}.example`, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }] },
  }
}

const SERVICE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
}

function translateWith(annotations: Readonly<Record<string, string>>): Translation {
  const objects = [SERVICE, ingress('tried', annotations), ingress('neighbour', {})]
  return translate(snapshotFromYaml(objects.map((object) => JSON.stringify(object)).join('\n---\n')), {
    classes: [],
    configMap: '',
    defaultBackendService: '',
    nowMs: 0,
    endpoints: { override: () => null, simulate: () => [{ address: '127.0.0.1', port: 1, pod: 'web-0' }] },
  })
}

function hostOf(translation: Translation, name: string): unknown {
  return translation.model.routes.hosts.find(({ host }) => host === `${name}.example`)
}

/** Closed by its routes (503), or by what its TLS clients must show (403). */
function isDenied(translation: Translation): boolean {
  const host = translation.model.routes.hosts.find(({ host }) => host === 'tried.example')
  if (host?.clientCertificates !== undefined && 'denied' in host.clientCertificates) return true
  return host?.routes.every(({ action }) => action.kind === 'respond' && action.answer.status === 503) ?? false
}

function about(translation: Translation, name: string): readonly Finding[] {
  return translation.findings.filter(({ origin }) => origin.path === `metadata.annotations["${PREFIX}${name}"]`)
}

const untouched = hostOf(translateWith({}), 'neighbour')

for (const row of ROWS) {
  for (const [kind, value] of Object.entries(VALUES) as [Kind, string][]) {
    test(`${row.name} with ${kind === 'empty' ? 'an' : 'a'} ${kind} value`, () => checkRow(row, kind, value))
  }
}

function checkRow(row: RegistryRow, kind: Kind, value: string): void {
  const translation = translateWith({ ...withPrefix(COMPANIONS[row.name] ?? {}), [`${PREFIX}${row.name}`]: value })
  const findings = about(translation, row.name)
  assert.deepEqual(hostOf(translation, 'neighbour'), untouched)
  for (const { message } of findings) assertReadable(message)
  if (row.support === 'works') {
    checkWorking(row, kind, value, translation, findings)
    return
  }
  assert.ok(findings.length > 0, 'nothing is said')
  // A refused firewall protects, and so may what is missing; what has no effect does not.
  if (row.support === 'accepted') assert.equal(isDenied(translation), false)
}

function checkWorking(
  { name, closes }: RegistryRow,
  kind: Kind,
  value: string,
  translation: Translation,
  findings: readonly Finding[],
): void {
  const isGood = GOOD[name]?.includes(kind) ?? false
  const isAbsent = ABSENT[name]?.includes(kind) ?? false
  const remarks = findings.filter(
    ({ code, message }) => /VALUE|PROTECTS|NOT_FOUND/.test(code) && message.includes(isAbsent ? value : 'accepted'),
  )
  if (isGood) assert.deepEqual(remarks, [])
  else assert.equal(remarks.length, 1, `${remarks.length} findings`)
  assert.equal(isDenied(translation), closes && !isGood, 'served or closed')
  if (isGood || isAbsent) return
  const message = remarks[0]?.message ?? ''
  const shown = value === '' ? 'it is empty' : JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value)
  assert.ok(message.includes(shown), `the value is not shown: ${message}`)
  assert.match(message, /; accepted (?:is|are) \S/)
}

/** One line, no control characters, no more than a reader takes in. */
function assertReadable(message: string): void {
  assert.doesNotMatch(message, /\p{Cc}/u)
  assert.ok(message.length < 600, `${message.length} characters`)
}

function withPrefix(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(annotations).map(([name, value]) => [`${PREFIX}${name}`, value]))
}
