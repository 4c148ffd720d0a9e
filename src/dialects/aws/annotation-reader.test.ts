import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { KubeObject } from '../../kube/meta.ts'
import { metaOf } from '../../kube/testing/plain-objects.ts'
import { AWS_ALB } from '../annotations/aws-alb.ts'
import { createFindingLog } from '../report.ts'
import { createAnnotationReader, type AnnotationReader, firstReading, valueOr } from './annotation-reader.ts'
import { parseMap } from './parse-map.ts'

const PREFIX = 'alb.ingress.kubernetes.io/'

function objectWith(annotations: Readonly<Record<string, string>>, kind = 'Ingress'): KubeObject {
  const named = Object.fromEntries(Object.entries(annotations).map(([name, text]) => [PREFIX + name, text]))
  return { kind, meta: metaOf('web', { annotations: named }), order: 0 }
}

function reader(): { readonly read: AnnotationReader; readonly codes: () => readonly string[] } {
  const log = createFindingLog()
  return {
    read: createAnnotationReader(AWS_ALB, log.report),
    codes: () => log.findings.map(({ code, severity }) => `${code} ${severity}`),
  }
}

test('pairs split at commas and at their first equals sign', () => {
  assert.deepEqual(parseMap('a=x\\,y,b=2'), { ok: true, value: { a: 'x,y', b: '2' }, hasTrailingComma: false })
  assert.deepEqual(parseMap(' a = b=c '), { ok: true, value: { a: 'b=c' }, hasTrailingComma: false })
  assert.deepEqual(parseMap('a=\\\\'), { ok: true, value: { a: '\\' }, hasTrailingComma: false })
  assert.deepEqual(parseMap(''), { ok: true, value: {}, hasTrailingComma: false })
})

test('an item without a key or an equals sign is no pair', () => {
  for (const text of ['a=1,2,b=3', 'a=1,2', '=1', 'a', ',a=1', 'a=1,,b=2']) assert.equal(parseMap(text).ok, false, text)
})

test('a comma at the end belongs to the last value', () => {
  assert.deepEqual(parseMap('a=1,'), { ok: true, value: { a: '1,' }, hasTrailingComma: true })
})

test('what is written with quoted commas and backslashes is read back', () => {
  const word = fc.string({ minLength: 1 }).filter((text) => text.trim() === text && text !== '')
  const key = word.filter((text) => !text.includes('='))
  const quote = (text: string): string => text.replaceAll(/[\\,]/g, (char) => `\\${char}`)
  fc.assert(
    fc.property(fc.dictionary(key, word, { minKeys: 1 }), (pairs) => {
      const text = Object.entries(pairs)
        .map(([name, value]) => `${quote(name)}=${quote(value)}`)
        .join(',')
      assert.deepEqual(parseMap(text), { ok: true, value: { ...pairs }, hasTrailingComma: false })
    }),
  )
})

test('the first object that has the annotation decides', () => {
  const { read } = reader()
  const service = objectWith({ 'target-type': 'ip' }, 'Service')
  const ingress = objectWith({ 'target-type': 'instance', 'backend-protocol': 'HTTPS' })
  assert.equal(valueOr(read.text([service, ingress], 'target-type'), ''), 'ip')
  assert.equal(valueOr(read.text([service, ingress], 'backend-protocol'), ''), 'HTTPS')
  assert.equal(read.text([service, ingress], 'healthcheck-path').kind, 'absent')
})

test('a value that cannot be used is not looked past', () => {
  const { read, codes } = reader()
  const objects = [objectWith({ 'target-type': 'pod' }, 'Service'), objectWith({ 'target-type': 'ip' })]
  assert.equal(read.text(objects, 'target-type').kind, 'unusable')
  assert.deepEqual(codes(), ['ANNOTATION_VALUE warning'])
})

test('a value that means protection and cannot be used is an error', () => {
  const { read, codes } = reader()
  assert.equal(
    read.list([objectWith({ 'inbound-cidrs': '10.0.0.0/33' })], 'inbound-cidrs', { protects: true }).kind,
    'unusable',
  )
  assert.deepEqual(codes(), ['ANNOTATION_VALUE error'])
})

test('an old spelling is read and remarked on once, unless today’s is there', () => {
  const { read, codes } = reader()
  const old = objectWith({ successCodes: '200-299' })
  assert.equal(valueOr(read.text([old], 'success-codes'), ''), '200-299')
  assert.equal(valueOr(read.text([old], 'success-codes'), ''), '200-299')
  assert.deepEqual(codes(), ['ANNOTATION_LEGACY info'])
  const both = objectWith({ successCodes: '200-299', 'success-codes': '204' })
  assert.equal(valueOr(read.text([both], 'success-codes'), ''), '204')
})

test('every word of a boolean, a number, a list and JSON have their types', () => {
  const { read } = reader()
  for (const [word, value] of [
    ['1', true],
    ['T', true],
    ['False', false],
    ['0', false],
  ] as const) {
    assert.equal(
      valueOr(read.bool([objectWith({ 'shield-advanced-protection': word })], 'shield-advanced-protection'), null),
      value,
    )
  }
  assert.equal(valueOr(read.int([objectWith({ 'group.order': '-5' })], 'group.order'), 0), -5)
  assert.equal(read.int([objectWith({ 'group.order': '1001' })], 'group.order').kind, 'unusable')
  assert.deepEqual(valueOr(read.list([objectWith({ subnets: ' a, ,b ' })], 'subnets'), []), ['a', 'b'])
  const ports = objectWith({ 'listen-ports': '[{"HTTP":80}]' })
  assert.deepEqual(valueOr(read.json([ports], 'listen-ports'), null), [{ HTTP: 80 }])
})

test('the first reading that somebody wrote wins', () => {
  const { read } = reader()
  const scheme = read.text([objectWith({ scheme: 'internal' })], 'scheme')
  assert.equal(firstReading({ kind: 'absent' }, scheme), scheme)
})

test('an empty annotation is remarked on and as good as none', () => {
  const { read, codes } = reader()
  const object = objectWith({ subnets: ' ', 'inbound-cidrs': '', scheme: '', tags: '' })
  assert.equal(read.list([object], 'subnets').kind, 'absent')
  assert.equal(read.list([object], 'inbound-cidrs', { protects: true }).kind, 'absent')
  assert.equal(read.text([object], 'scheme').kind, 'absent')
  assert.deepEqual(valueOr(read.map([object], 'tags'), null), {})
  assert.deepEqual(new Set(codes()), new Set(['ANNOTATION_VALUE warning']))
})
