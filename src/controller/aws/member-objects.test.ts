import assert from 'node:assert/strict'
import { test } from 'node:test'
import { finalizerOf, type MemberObject, MemberObjects, stackOfFinalizer } from './member-objects.ts'

test('each kind of stack has the finalizer of the AWS Load Balancer Controller, and it leads back to the stack', () => {
  const members = new MemberObjects()
  members.set('Ingress', 'shop/web', { metadata: { name: 'web', namespace: 'shop' } })
  const web = members.get('Ingress shop/web') as MemberObject
  for (const [stack, finalizer] of [
    ['ingress:shop/web', 'ingress.k8s.aws/resources'],
    ['ingress:public', 'group.ingress.k8s.aws/public'],
    ['service:shop/web', 'service.k8s.aws/resources'],
  ] as const) {
    assert.equal(finalizerOf(stack), finalizer)
    assert.equal(stackOfFinalizer(finalizer, web), stack)
  }
})

test('objects that carry a finalizer of ours are found, those of others are not counted', () => {
  const members = new MemberObjects()
  const metadata = { namespace: 'shop', finalizers: ['example.com/other', 'service.k8s.aws/resources'] }
  members.set('Service', 'shop/web', { metadata: { ...metadata, name: 'web' } as never })
  members.set('Service', 'shop/api', {
    metadata: { name: 'api', namespace: 'shop', finalizers: ['example.com/other'] } as never,
  })
  members.set('Pod', 'shop/pod', { metadata: { ...metadata, name: 'pod' } as never })
  assert.deepEqual(
    [...members.held()].map(([object, , finalizers]) => [object, finalizers]),
    [['Service shop/web', ['service.k8s.aws/resources']]],
  )
  members.set('Service', 'shop/web', null)
  assert.deepEqual([...members.held()], [])
})
