import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createFindingLog } from '../report.ts'
import { mergeTags, pairsToRecord, type TagOptions, type TagSource } from './tags.ts'

const NO_OPTIONS: TagOptions = { defaultTags: {}, externalManagedTags: [] }

function source(tags: Readonly<Record<string, string>>, object = 'Ingress shop/web'): TagSource {
  return { tags, origin: { object, path: 'tags' }, name: 'tags' }
}

function merge(
  options: TagOptions,
  ...levels: readonly (readonly TagSource[])[]
): {
  readonly tags: Readonly<Record<string, string>>
  readonly codes: readonly string[]
} {
  const log = createFindingLog()
  return { tags: mergeTags(options, levels, log.report), codes: log.findings.map(({ code }) => code) }
}

test('default tags win over every level, and an earlier level over a later one, in silence', () => {
  const options = { ...NO_OPTIONS, defaultTags: { env: 'prod' } }
  const { tags, codes } = merge(options, [source({ env: 'a', team: 'class' })], [source({ team: 'web', tier: '1' })])
  assert.deepEqual(tags, { env: 'prod', team: 'class', tier: '1' })
  assert.deepEqual(codes, [])
})

test('within a level the first place wins and the other one is told', () => {
  const { tags, codes } = merge(NO_OPTIONS, [source({ team: 'a' }), source({ team: 'b', x: '1' }, 'Ingress shop/api')])
  assert.deepEqual(tags, { team: 'a', x: '1' })
  assert.deepEqual(codes, ['AWS_GROUP_CONFLICT'])
})

test('keys of ownership and those that others manage are refused, keys of AWS are left out in silence', () => {
  const options = { defaultTags: { 'genkan.dev/cluster-uid': 'x', owner: 'us' }, externalManagedTags: ['owner'] }
  const written = { 'aws:cloud': '1', 'elbv2.k8s.aws/cluster': 'x', owner: 'me', fine: 'yes' }
  const { tags, codes } = merge(options, [source(written)])
  assert.deepEqual(tags, { fine: 'yes' })
  assert.deepEqual(codes, ['ANNOTATION_VALUE', 'ANNOTATION_VALUE'])
})

test('tags that AWS refuses are left out with a remark', () => {
  const { tags, codes } = merge(NO_OPTIONS, [
    source({ ['k'.repeat(129)]: '1', long: 'v'.repeat(257), 'a,b': '1', 'naïve key': 'ok/:+=@-' }),
  ])
  assert.deepEqual(tags, { 'naïve key': 'ok/:+=@-' })
  assert.equal(codes.length, 3)
})

test('there are never more tags than fit beside those of ownership, and they are sorted', () => {
  fc.assert(
    fc.property(
      fc.array(fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), fc.constant('v')), { maxLength: 8 }),
      (all) => {
        const { tags } = merge(NO_OPTIONS, ...all.map((tags) => [source(tags)]))
        const keys = Object.keys(tags)
        assert.ok(keys.length <= 42)
        assert.deepEqual(keys, keys.toSorted())
      },
    ),
  )
  const many = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`k${index}`, '1']))
  assert.equal(Object.keys(merge(NO_OPTIONS, [source(many)]).tags).length, 42)
})

test('of two equal keys of class parameters the first counts', () => {
  const pairs = [
    { key: 'a', value: '1' },
    { key: 'a', value: '2' },
  ]
  assert.deepEqual(pairsToRecord(pairs), { a: '1' })
})
