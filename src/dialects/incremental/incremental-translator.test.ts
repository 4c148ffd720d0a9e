/** Over random steps: what is translated in parts is what is translated as a whole. Every golden input: `test/golden`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createSelfSigned } from '../../base/certificate.ts'
import { decodeObject } from '../../kube/decode/decode-object.ts'
import { describeObject } from '../../kube/meta.ts'
import type { AnyObject } from '../../kube/objects.ts'
import { createSnapshot } from '../../kube/snapshot.ts'
import { SnapshotKeeper } from '../../kube/snapshot-keeper.ts'
import { translate } from '../translate.ts'
import type { TranslateOptions, Translation } from '../translation.ts'
import { IncrementalTranslator } from './incremental-translator.ts'

const OPTIONS: TranslateOptions = {
  classes: ['ours'],
  configMap: '',
  defaultBackendService: 'shop/s0',
  nowMs: Date.UTC(2026, 0, 1),
  endpoints: { override: () => null, simulate: () => null },
}
const NGINX = 'nginx.ingress.kubernetes.io/'
const HOSTS = ['a.example', 'www.a.example', 'b.example', 'x.b.example', '*.b.example', '']
const ANNOTATIONS: readonly Record<string, string>[] = [
  {},
  {},
  {},
  { 'proxy-body-size': '7m' },
  { 'load-balance': 'ewma' },
  { 'upstream-hash-by': '$remote_addr' },
  { 'server-alias': 'b.example' },
  { 'from-to-www-redirect': 'true' },
  { 'auth-url': 'http://s1.shop.svc.cluster.local/check' },
  { 'default-backend': 's2', 'custom-http-errors': '503' },
  { canary: 'true', 'canary-weight': '10' },
  { affinity: 'cookie' },
  { 'backend-protocol': 'GRPC' },
  { 'mirror-target': 'https://s3.example' },
  { 'auth-tls-secret': 'shop/t0' },
  { 'no-such': 'thing' },
]
const KEYS = await Promise.all(
  ['a.example', '*.b.example'].map((host) => createSelfSigned([host], { nowMs: OPTIONS.nowMs })),
)

function decode(raw: object): AnyObject {
  const { object } = decodeObject(raw, undefined, 0)
  if (object === null) throw new TypeError('Cannot decode an object of the test')
  return object
}

/** Age does not follow names: the youngest may come first. */
const metaOf = (name: string, age = 0) => ({
  name,
  namespace: 'shop',
  creationTimestamp: `2026-01-01T00:00:0${age}Z`,
})

interface IngressSeed {
  readonly name: number
  readonly age: number
  readonly isOurs: boolean
  readonly annotations: number
  readonly rules: readonly {
    readonly host: number
    readonly path: string
    readonly service: number
    readonly port: number
  }[]
  readonly tls: readonly { readonly host: number; readonly secret: number }[]
}

function ingressOf({ name, age, isOurs, annotations, rules, tls }: IngressSeed): AnyObject {
  const given = Object.entries(ANNOTATIONS[annotations] ?? {})
  return decode({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      ...metaOf(`i${name}`, age),
      annotations: Object.fromEntries(given.map(([key, value]) => [NGINX + key, value])),
    },
    spec: {
      ingressClassName: isOurs ? 'ours' : 'theirs',
      rules: rules.map(({ host, path, service, port }) => ({
        ...(HOSTS[host] === '' ? {} : { host: HOSTS[host] }),
        http: {
          paths: [{ path, pathType: 'Prefix', backend: { service: { name: `s${service}`, port: { number: port } } } }],
        },
      })),
      tls: tls.map(({ host, secret }) => ({
        hosts: HOSTS[host] === '' ? [] : [HOSTS[host]],
        secretName: `t${secret}`,
      })),
    },
  })
}

const ingressSeed: fc.Arbitrary<IngressSeed> = fc.record({
  name: fc.nat(5),
  age: fc.nat(9),
  isOurs: fc.nat(5).map((one) => one > 0),
  annotations: fc.nat(ANNOTATIONS.length - 1),
  rules: fc.array(
    fc.record({
      host: fc.nat(HOSTS.length - 1),
      path: fc.constantFrom('/', '/a'),
      service: fc.nat(3),
      port: fc.constantFrom(80, 81),
    }),
    { minLength: 1, maxLength: 2 },
  ),
  tls: fc.array(fc.record({ host: fc.nat(HOSTS.length - 1), secret: fc.nat(2) }), { maxLength: 1 }),
})

const object: fc.Arbitrary<AnyObject> = fc.oneof(
  { weight: 6, arbitrary: ingressSeed.map(ingressOf) },
  {
    weight: 1,
    arbitrary: fc.record({ name: fc.nat(3), ports: fc.subarray([80, 81], { minLength: 1 }) }).map(({ name, ports }) =>
      decode({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: metaOf(`s${name}`),
        spec: { clusterIP: '192.0.2.9', ports: ports.map((port) => ({ name: `p${port}`, port, targetPort: 8080 })) },
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({ name: fc.nat(5), service: fc.nat(3), last: fc.nat(3) }).map(({ name, service, last }) =>
      decode({
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { ...metaOf(`e${name}`), labels: { 'kubernetes.io/service-name': `s${service}` } },
        addressType: 'IPv4',
        ports: [{ name: 'p80', port: 8080 }],
        endpoints: last === 0 ? [] : [{ addresses: [`192.0.2.${last}`] }],
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({ name: fc.nat(2), key: fc.nat(2) }).map(({ name, key }) => {
      const pair = KEYS[key]
      const encode = (text = ''): string => Buffer.from(text).toString('base64')
      return decode({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: metaOf(`t${name}`),
        type: 'kubernetes.io/tls',
        data: { 'tls.crt': encode(pair?.certPem), 'tls.key': encode(pair?.keyPem) },
      })
    }),
  },
)

/** Puts the object in, or takes what is called so away. */
const change = fc.record({ object, isGone: fc.boolean() })

/** Objects know where they were read with functions. */
function plain({ served, ...others }: Translation): object {
  return { ...others, served: served.map(describeObject) }
}

test('whatever comes, changes and goes, each step is what a whole translation would be', () => {
  let [parts, steps] = [0, 0]
  fc.assert(
    fc.property(
      fc.array(object, { maxLength: 20 }),
      fc.array(fc.array(change, { minLength: 1, maxLength: 3 }), { maxLength: 12 }),
      (first, rounds) => {
        const keeper = new SnapshotKeeper()
        const translators = [new IncrementalTranslator(), new IncrementalTranslator(1), new IncrementalTranslator(3)]
        const world = new Map<string, AnyObject>()
        for (const one of first) world.set(describeObject(one), one)
        for (const round of [[], ...rounds]) {
          for (const { object: one, isGone } of round) {
            if (isGone) world.delete(describeObject(one))
            else world.set(describeObject(one), one)
          }
          const objects = [...world.values()]
          const { snapshot, changes } = keeper.update(objects)
          const whole = plain(translate(createSnapshot(objects), OPTIONS))
          for (const translator of translators) {
            const step = translator.translate(snapshot, OPTIONS, changes, true)
            assert.deepEqual(plain(step.translation), whole)
            steps++
            if (!step.isWhole) parts++
          }
        }
      },
    ),
    { numRuns: 150 },
  )
  // A test of whole translations alone would say nothing.
  assert.ok(parts > steps / 10, `${parts} of ${steps} in parts`)
})

test('an Ingress that comes, changes and goes, its endpoints and its Secret are translated alone', () => {
  const seed = {
    name: 0,
    age: 0,
    isOurs: true,
    annotations: 0,
    tls: [],
    rules: [{ host: 0, path: '/', service: 1, port: 80 }],
  }
  const service = decode({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metaOf('s1'),
    spec: { clusterIP: '192.0.2.9', ports: [{ port: 80 }] },
  })
  const slice = decode({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...metaOf('e1'), labels: { 'kubernetes.io/service-name': 's1' } },
    addressType: 'IPv4',
    ports: [{ port: 8080 }],
    endpoints: [{ addresses: ['192.0.2.1'] }],
  })
  const secret = decode({ apiVersion: 'v1', kind: 'Secret', metadata: metaOf('t1'), type: 'kubernetes.io/tls' })
  const first = [ingressOf(seed), service, slice]
  const second = { ...seed, name: 1, age: 1, rules: [{ host: 2, path: '/', service: 1, port: 80 }] }
  const canary = { ...second, name: 2, age: 2, annotations: 10 }
  const rounds: readonly (readonly AnyObject[])[] = [
    first,
    [...first, ingressOf(second)],
    [...first, ingressOf({ ...second, rules: [{ host: 2, path: '/a', service: 2, port: 80 }] })],
    [...first, ingressOf({ ...second, tls: [{ host: 2, secret: 1 }] })],
    [...first, ingressOf({ ...second, tls: [{ host: 2, secret: 1 }] }), secret],
    [...first, ingressOf(second), ingressOf(canary)],
    [...first, ingressOf(second), ingressOf(canary)].filter((one) => one !== slice),
    [...first, ingressOf(canary)],
    first,
  ]
  const keeper = new SnapshotKeeper()
  const translator = new IncrementalTranslator()
  for (const [round, objects] of rounds.entries()) {
    const { snapshot, changes } = keeper.update(objects)
    const { translation, isWhole } = translator.translate(snapshot, OPTIONS, changes, true)
    assert.deepEqual(plain(translation), plain(translate(createSnapshot(objects), OPTIONS)), `round ${round}`)
    assert.equal(isWhole, round === 0, `round ${round}`)
  }
})
