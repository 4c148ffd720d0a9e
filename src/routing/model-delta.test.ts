import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DEFAULT_SETTINGS, NOT_FOUND_CONTOUR, NOT_FOUND_NGINX } from './defaults.ts'
import { applyListDelta, diffLists } from './list-delta.ts'
import type { Backend, Certificate, RoutingModel, VirtualHost } from './model.ts'
import { applyModelDelta, diffModels, isSameData } from './model-delta.ts'

interface Entry {
  readonly key: string
  readonly value: number
}

/** Few objects, so that lists share some, differ in some, and hold others of the same key. */
const POOL: readonly Entry[] = Array.from({ length: 24 }, (_, index) => ({ key: `k${index % 12}`, value: index }))
const entries = fc.uniqueArray(fc.constantFrom(...POOL), { selector: ({ key }) => key, maxLength: 12 })
const keyOf = ({ key }: Entry): string => key

test('whatever two lists hold, and in whatever order, the splices of one lead to the other', () => {
  fc.assert(
    fc.property(entries, entries, (before, after) => {
      const reached = applyListDelta(before, diffLists(before, after, keyOf))
      assert.equal(reached.length, after.length)
      for (const [index, entry] of reached.entries()) assert.equal(entry, after[index])
    }),
  )
})

test('one entry of ten thousand that changed, one that came and one that went travel alone', () => {
  const before = Array.from({ length: 10_000 }, (_, index): Entry => ({
    key: String(index).padStart(5, '0'),
    value: 0,
  }))
  const after = before.map((entry) => (entry.key === '00007' ? { ...entry, value: 1 } : entry))
  after.splice(5000, 1)
  after.splice(9000, 0, { key: '08999b', value: 2 })
  const delta = diffLists(before, after, keyOf)
  assert.deepEqual(
    delta.map(({ at, removed, added }) => [at, removed, added.map(keyOf)]),
    [
      [7, 1, ['00007']],
      [5000, 1, []],
      [9001, 0, ['08999b']],
    ],
  )
})

const hostOf = (host: string, appRoot: string): VirtualHost => ({
  host,
  schemes: ['http'],
  appRoot,
  routes: [],
  notFound: NOT_FOUND_NGINX,
})
const backendOf = (id: string, port: number): Backend => ({
  id,
  upstreamName: id,
  target: { kind: 'endpoints', endpoints: [{ address: '127.0.0.1', port, pod: '' }] },
})
const certificateOf = (id: string, certPem: string): Certificate => ({
  id,
  certPem,
  keyPem: '',
  origin: { object: id, path: '' },
})
const HOSTS = ['a', 'b', 'c', 'd'].flatMap((name) => [hostOf(name, ''), hostOf(name, '/x')])
const BACKENDS = ['a', 'b', 'c', 'd'].flatMap((id) => [backendOf(id, 1), backendOf(id, 2)])
const CERTIFICATES = ['a', 'b', 'c'].flatMap((id) => [certificateOf(id, 'x'), certificateOf(id, 'y')])
const NAMES = ['a', 'b', 'c'].flatMap((name) => [
  { name, certificateId: 'a' },
  { name, certificateId: 'b' },
])

const models: fc.Arbitrary<RoutingModel> = fc
  .record({
    hosts: fc.uniqueArray(fc.constantFrom(...HOSTS), { selector: ({ host }) => host }),
    blocks: fc.option(fc.constant({ addresses: ['192.0.2.1'], userAgents: [], referers: [] })),
    notFound: fc.constantFrom(NOT_FOUND_NGINX, NOT_FOUND_CONTOUR),
    backends: fc.uniqueArray(fc.constantFrom(...BACKENDS), { selector: ({ id }) => id }),
    certificates: fc.uniqueArray(fc.constantFrom(...CERTIFICATES), { selector: ({ id }) => id }),
    bySni: fc.uniqueArray(fc.constantFrom(...NAMES), { selector: ({ name }) => name }),
    defaultCertificateId: fc.constantFrom('', 'a'),
    keepAliveMs: fc.constantFrom(1, 2),
    later: fc.option(fc.constantFrom('x', 'y')),
  })
  .map(({ hosts, blocks, notFound, backends, certificates, bySni, defaultCertificateId, keepAliveMs, later }) => {
    const routes = { hosts, fallback: { notFound }, ...(blocks === null ? {} : { blocks }) }
    const table = { certificates, bySni, defaultCertificateId }
    const settings = { ...DEFAULT_SETTINGS, keepAliveMs }
    // A field that models may have one day.
    return { routes, backends, certificates: table, settings, ...(later === null ? {} : { later }) } as RoutingModel
  })

test('whatever changes, the delta of two models applied to the first is the second', () => {
  fc.assert(
    fc.property(models, models, (before, after) => {
      // As it arrives in another process.
      const delta = structuredClone(diffModels(before, after))
      assert.deepEqual(applyModelDelta(before, delta), after)
    }),
  )
})

test('parts that did not change are the same objects afterwards, so that they are not compiled again', () => {
  fc.assert(
    fc.property(models, models, (before, after) => {
      const reached = applyModelDelta(before, diffModels(before, { ...before, backends: after.backends }))
      assert.equal(reached.routes, before.routes)
      assert.equal(reached.certificates, before.certificates)
      assert.equal(reached.settings, before.settings)
    }),
  )
})

test('data is the same whatever the order of keys, and differs by any value, key or length', () => {
  assert.equal(isSameData({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }), true)
  assert.equal(isSameData({ a: 1 }, { a: 1, b: undefined }), false)
  assert.equal(isSameData([1, 2], [1]), false)
  assert.equal(isSameData([], {}), false)
  assert.equal(isSameData({ a: null }, { a: 0 }), false)
})
