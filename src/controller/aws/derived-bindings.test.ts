import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StackId } from '../../aws/stack/model.ts'
import type { TargetGroupBinding } from '../../kube/objects.ts'
import { ApiError, type ApiRequest } from '../../sources/cluster/api-transport.ts'
import { clearDerivedBindings } from './derived-bindings.ts'
import { MemberObjects } from './member-objects.ts'

const FINALIZER = 'elbv2.k8s.aws/resources'
const ADOPTED: ReadonlySet<StackId> = new Set<StackId>(['ingress:shop/web', 'ingress:front', 'service:shop/tcp'])

interface Given {
  readonly labels: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly isDeleting?: boolean
  /** Of DELETE. */
  readonly refusal?: number
}

/** What is asked of the API server for one binding, `METHOD body`. */
async function clear({ labels, finalizers = [FINALIZER], isDeleting = false, refusal }: Given) {
  const members = new MemberObjects()
  const meta = { name: 'made', namespace: 'shop', labels }
  members.set('TargetGroupBinding', 'shop/made', {
    metadata: {
      ...meta,
      uid: 'u-1',
      resourceVersion: '7',
      finalizers,
      ...(isDeleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    } as never,
  })
  const calls: string[] = []
  const failures: string[] = []
  const transport = {
    json: <T>({ method, path, body }: ApiRequest): Promise<T> => {
      assert.match(path, /\/namespaces\/shop\/targetgroupbindings\/made$/)
      calls.push(`${method} ${JSON.stringify((body as { metadata?: unknown }).metadata ?? body)}`)
      if (method === 'DELETE' && refusal !== undefined) throw new ApiError(refusal, 'Refused', 'refused', 0)
      return Promise.resolve({ metadata: { resourceVersion: '8' } } as T)
    },
  }
  const events = { failed: (_: readonly string[], __: string, message: string) => void failures.push(message) }
  const binding = { kind: 'TargetGroupBinding', meta, spec: {} } as unknown as TargetGroupBinding
  const isDone = await clearDerivedBindings(
    [binding],
    ADOPTED,
    { transport, members, events },
    AbortSignal.timeout(9e4),
  )
  return { isDone, calls, failures }
}

const OF_INGRESS = { 'ingress.k8s.aws/stack-namespace': 'shop', 'ingress.k8s.aws/stack-name': 'web' }
const DELETE = (version: string): string =>
  `DELETE {"kind":"DeleteOptions","apiVersion":"v1","preconditions":{"uid":"u-1","resourceVersion":"${version}"}}`

test('a binding of an adopted stack loses the finalizer, and is deleted only as it is then', async () => {
  for (const labels of [
    OF_INGRESS,
    { 'ingress.k8s.aws/stack': 'front' },
    { 'service.k8s.aws/stack-namespace': 'shop', 'service.k8s.aws/stack-name': 'tcp' },
  ]) {
    const { isDone, calls } = await clear({ labels })
    assert.deepEqual(calls, ['PATCH {"resourceVersion":"7","finalizers":null}', DELETE('8')])
    assert.equal(isDone, true)
  }
})

test('finalizers of others stay, and what is being deleted already only has to be let go', async () => {
  const { calls } = await clear({ labels: OF_INGRESS, finalizers: [FINALIZER, 'example.com/x'], isDeleting: true })
  assert.deepEqual(calls, ['PATCH {"resourceVersion":"7","finalizers":["example.com/x"]}'])
  assert.deepEqual((await clear({ labels: OF_INGRESS, finalizers: [] })).calls, [DELETE('7')])
})

test("people's own bindings and those of stacks that are not ours are left alone", async () => {
  for (const labels of [{}, { app: 'web' }, { ...OF_INGRESS, 'ingress.k8s.aws/stack-name': 'theirs' }]) {
    assert.deepEqual(await clear({ labels }), { isDone: true, calls: [], failures: [] })
  }
})

test('a controller that puts its finalizer back in between keeps the binding, which is told and tried again', async () => {
  const { isDone, failures } = await clear({ labels: OF_INGRESS, refusal: 409 })
  assert.equal(isDone, false)
  assert.equal(failures.length, 1)
  assert.equal((await clear({ labels: OF_INGRESS, refusal: 404 })).isDone, true)
})
