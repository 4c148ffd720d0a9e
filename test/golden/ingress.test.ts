/**
 * Golden cases of the Ingress dialects: `NAME.in.yaml` (manifests) gives `NAME.out.yaml` (routing model, certificates to
 * be generated, findings). `npm run golden` rewrites the outputs; read the difference before you commit it.
 *
 * A first line `# options: {...}` gives options: `classes`, `configMap`, `defaultBackendService`, `nodeZone`, `override` (a map of
 * `namespace/service` to an address), `simulate: false`, `tcpServices`, `udpServices`, `passthrough: true` and
 * `reservedPorts` (a map of ports to what they are).
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { Document, isMap, isScalar, parse, visit } from 'yaml'
import { NGINX_SETTINGS } from '../../src/dialects/ingress/settings.ts'
import { translate } from '../../src/dialects/translate.ts'
import type { EndpointSource, TranslateOptions, Translation } from '../../src/dialects/translation.ts'
import { createSnapshot } from '../../src/kube/snapshot.ts'
import { compileRoutes } from '../../src/routing/compile.ts'
import { DEFAULT_SETTINGS, NOT_FOUND_NGINX, UNAVAILABLE_NGINX } from '../../src/routing/defaults.ts'
import { type ProxySettings, redactModel } from '../../src/routing/model.ts'
import { readContent } from '../../src/sources/files/file-content.ts'

const FOLDER = join(import.meta.dirname, 'ingress')
const NOW_MS = Date.parse('2026-11-21T00:00:00Z')

interface CaseOptions extends Partial<
  Pick<TranslateOptions, 'classes' | 'configMap' | 'defaultBackendService' | 'nodeZone' | 'tcpServices' | 'udpServices'>
> {
  readonly passthrough?: boolean
  readonly reservedPorts?: Readonly<Record<string, string>>
  readonly override?: Readonly<Record<string, string>>
  readonly simulate?: boolean
}

function readOptions(text: string): CaseOptions {
  const line = /^# options: (.*)$/m.exec(text)
  return line === null ? {} : (parse(line[1] ?? '{}') as CaseOptions)
}

/** Simulated pods as simple as can be: one for each Service that selects anything. */
function endpointSource(options: CaseOptions): EndpointSource {
  return {
    override(service) {
      const address = options.override?.[`${service.meta.namespace}/${service.meta.name}`]
      if (address === undefined) return null
      const colon = address.lastIndexOf(':')
      return [{ address: address.slice(0, colon), port: Number(address.slice(colon + 1)), pod: '' }]
    },
    simulate(service, port) {
      if (options.simulate === false || Object.keys(service.spec.selector).length === 0) return null
      const number = typeof port.targetPort === 'number' ? port.targetPort : 8080
      return [{ address: '127.0.0.1', port: number, pod: `${service.meta.name}-0` }]
    },
  }
}

function translateCase(file: string): { readonly translation: Translation; readonly text: string } {
  const text = readFileSync(file, 'utf8')
  const options = readOptions(text)
  const content = readContent(text, basename(file), 0)
  assert.ok(!content.isBroken, 'the case is not valid YAML')
  const translation = translate(createSnapshot(content.objects), {
    classes: options.classes ?? [],
    configMap: options.configMap ?? '',
    defaultBackendService: options.defaultBackendService ?? '',
    tcpServices: options.tcpServices ?? '',
    udpServices: options.udpServices ?? '',
    enablesPassthrough: options.passthrough ?? false,
    reservedPorts: new Map(Object.entries(options.reservedPorts ?? {}).map(([port, what]) => [Number(port), what])),
    nowMs: NOW_MS,
    endpoints: endpointSource(options),
    nodeZone: options.nodeZone ?? '',
  })
  const unread = content.findings.map(({ code, origin }) => `${code} ${origin.path}`)
  return { translation, text: format(translation, unread) }
}

function format(translation: Translation, unread: readonly string[]): string {
  const model = redactModel(translation.model)
  const { certificates } = model
  const shown = {
    ...(unread.length === 0 ? {} : { decoding: unread }),
    routes: omitDefaults(model.routes),
    backends: model.backends,
    ...(model.streams === undefined ? {} : { streams: model.streams }),
    certificates: {
      ...certificates,
      certificates: certificates.certificates.map(({ id, origin }) => ({ id, origin })),
    },
    settings: changedSettings(model.settings),
    certificateRequests: translation.certificateRequests,
    findings: translation.findings,
  }
  const document = new Document(shown, { aliasDuplicateObjects: false })
  visit(document, {
    Map(_, node) {
      if (node.items.length > 0 && node.items.every((pair) => isScalar(pair.value))) node.flow = true
    },
    Pair(_, pair) {
      if (isMap(pair.value) && pair.value.items.length === 0) pair.value.flow = true
    },
  })
  return document.toString({ lineWidth: 0 })
}

/** nginx's defaults are left out of routes, so that a case shows what it is about. */
const ROUTE_DEFAULTS: Readonly<Record<string, unknown>> = {
  appRoot: '',
  strictTransportSecurity: 'max-age=31536000; includeSubDomains',
  maxBodyBytes: NGINX_SETTINGS.maxBodyBytes,
  httpsRedirectStatus: 0,
  rewriteTarget: '',
  protocol: 'http',
  connectTimeoutMs: NGINX_SETTINGS.connectTimeoutMs,
  sendTimeoutMs: NGINX_SETTINGS.sendTimeoutMs,
  readTimeoutMs: NGINX_SETTINGS.readTimeoutMs,
  maxTries: 3,
  retry: NGINX_SETTINGS.retry,
  addsUpstreamServiceTime: false,
  notFound: NOT_FOUND_NGINX,
  unavailable: UNAVAILABLE_NGINX,
}

function omitDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(omitDefaults)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(
    ([key, member]) => !(key in ROUTE_DEFAULTS) || JSON.stringify(member) !== JSON.stringify(ROUTE_DEFAULTS[key]),
  )
  return Object.fromEntries(kept.map(([key, member]) => [key, omitDefaults(member)]))
}

/** Only what differs from the defaults, which a unit test of its own pins. */
function changedSettings(settings: ProxySettings): Partial<ProxySettings> {
  const defaults: Readonly<Record<string, unknown>> = { ...DEFAULT_SETTINGS }
  return Object.fromEntries(
    Object.entries(settings).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(defaults[key])),
  )
}

for (const input of globSync('*.in.yaml', { cwd: FOLDER }).sort()) {
  const name = basename(input, '.in.yaml')
  test(`golden ${name.replaceAll('-', ' ')}`, () => {
    const file = join(FOLDER, input)
    const golden = join(FOLDER, `${name}.out.yaml`)
    const { translation, text } = translateCase(file)
    assert.ok(!text.includes('PRIVATE KEY'), 'a key leaked')
    // Whatever the model says, the data plane must be able to take it.
    compileRoutes(translation.model.routes, (id) => ({ id, isAvailable: () => true }))
    assert.deepEqual(JSON.parse(JSON.stringify(translation.model)), translation.model, 'the model is not plain data')
    assert.equal(translateCase(file).text, text, 'the same manifests gave another model')
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, text)
    assert.equal(text, readFileSync(golden, 'utf8'))
  })
}

test('every golden output has its input', () => {
  const inputs = new Set(globSync('*.in.yaml', { cwd: FOLDER }).map((file) => basename(file, '.in.yaml')))
  const outputs = globSync('*.out.yaml', { cwd: FOLDER }).map((file) => basename(file, '.out.yaml'))
  assert.deepEqual(
    outputs.filter((name) => !inputs.has(name)),
    [],
  )
  assert.ok(inputs.size >= 40)
})
