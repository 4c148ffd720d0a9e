import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { StackId } from '../../stack/model.ts'
import { identityOf, inTreeStackOf, ownershipTags, toObservedStack, toTagValue } from './identity.ts'
import { attributeMemory, rememberedAttributes } from './memory-tags.ts'

const CLUSTER = { clusterName: 'demo', clusterUid: 'uid' }

test('what is tagged as ours is read as ours, whatever the length of its names', () => {
  const name = fc.string({
    unit: fc.constantFrom('a', 'b', 'c', '/', '-', '.', ':', '0'),
    minLength: 1,
    maxLength: 400,
  })
  const stack = fc.oneof(
    name.map((one): StackId => `ingress:${one}`),
    name.map((one): StackId => `service:${one}`),
    fc.constant<StackId>('shared'),
  )
  fc.assert(
    fc.property(stack, name, (stack, id) => {
      const tags = ownershipTags(CLUSTER, stack, id)
      assert.ok(Object.values(tags).every((value) => value.length <= 256))
      assert.deepEqual(identityOf(CLUSTER, tags), { stack: toObservedStack(stack), id: toTagValue(id), isOwned: true })
      assert.equal(identityOf({ ...CLUSTER, clusterUid: 'twin' }, tags)?.isOwned, false)
      assert.equal(identityOf({ ...CLUSTER, clusterName: 'other' }, tags), null)
    }),
  )
})

test('long names that begin alike stay apart', () => {
  const long = 'x'.repeat(300)
  assert.notEqual(toTagValue(`${long}a`), toTagValue(`${long}b`))
})

test('without a UID of its own a cluster owns nothing', () => {
  assert.equal(
    identityOf({ ...CLUSTER, clusterUid: '' }, ownershipTags({ ...CLUSTER, clusterUid: '' }, 'shared', 'x'))?.isOwned,
    false,
  )
})

test("the in-tree controller's tags name a Service of the cluster that owns it", () => {
  const tags = { 'kubernetes.io/service-name': 'shop/web', 'kubernetes.io/cluster/demo': 'owned' }
  assert.equal(inTreeStackOf(CLUSTER, tags), 'service:shop/web')
  assert.equal(inTreeStackOf(CLUSTER, { ...tags, 'kubernetes.io/cluster/demo': 'shared' }), null)
})

test('the memory of attributes holds any number of keys in tags that AWS takes', () => {
  const key = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '.', '_'), minLength: 1, maxLength: 100 })
  fc.assert(
    fc.property(fc.uniqueArray(key, { maxLength: 30 }), (keys) => {
      const tags = attributeMemory(keys)
      assert.ok(Object.values(tags).every((value) => value.length <= 256))
      assert.deepEqual([...rememberedAttributes({ ...tags, other: 'x' })].sort(), [...keys].sort())
    }),
  )
})
