import assert from 'node:assert/strict'
import { afterEach, beforeEach, suite, test } from 'node:test'
import { StatusObjects } from './speaker-status.ts'
import { ObjectServer } from '../testing/object-server.ts'

const COLLECTION = '/apis/metallb.io/v1beta1/namespaces/genkan/servicel2statuses'
const OWNER = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'now' }

suite('status objects of a speaker', { timeout: 60_000 }, () => {
  let server: ObjectServer
  let status: StatusObjects
  const problems: string[] = []
  beforeEach(async () => {
    server = await ObjectServer.start()
    const onProblem = (message: string): void => void problems.push(message)
    status = new StatusObjects({
      transport: server.transport,
      namespace: 'genkan',
      node: 'x',
      owners: [OWNER],
      onProblem,
    })
  })
  afterEach(async () => {
    await status.close()
    server.close()
    assert.deepEqual(problems, [])
  })
  const only = () => [...server.objects.values()][0]
  const announce = (): void => status.set(new Map([['shop/web', ['eth0']]]), new Map())

  test('belong to its pod', async () => {
    await status.begin()
    announce()
    await server.until(() => only()?.status !== undefined)
    assert.deepEqual(only()?.metadata.ownerReferences, [OWNER])
    assert.deepEqual(only()?.status, {
      node: 'x',
      serviceName: 'web',
      serviceNamespace: 'shop',
      interfaces: [{ name: 'eth0' }],
    })
    status.set(new Map(), new Map())
    await server.until(() => server.objects.size === 0)
  })

  test('of an earlier pod are taken over, or made anew when they go with that pod meanwhile', async () => {
    announce()
    await server.until(() => only()?.status !== undefined)
    const [path = ''] = server.objects.keys()
    for (const isGone of [false, true]) {
      server.put(path, { metadata: { ownerReferences: [{ ...OWNER, uid: 'before' }] } })
      server.beforeWrite = (write) => {
        if (!isGone || write !== `PATCH ${path}`) return
        server.beforeWrite = () => undefined
        server.remove(path)
      }
      const next = new StatusObjects({
        transport: server.transport,
        namespace: 'genkan',
        node: 'x',
        owners: [OWNER],
        onProblem: (message) => problems.push(message),
      })
      const before = server.writes.length
      await next.begin()
      next.set(new Map([['shop/web', ['eth0']]]), new Map())
      await server.until(() => server.writes.slice(before).at(-1) === `PATCH ${path}/status`)
      assert.deepEqual(only()?.metadata.ownerReferences, [OWNER])
      const writes = server.writes.slice(before).map((write) => write.replace(path, 'OBJECT'))
      const again = isGone ? [`POST ${COLLECTION}`] : []
      assert.deepEqual(writes, [`POST ${COLLECTION}`, 'PATCH OBJECT', ...again, 'PATCH OBJECT/status'])
    }
  })
})
