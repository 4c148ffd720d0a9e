import assert from 'node:assert/strict'
import { afterEach, beforeEach, suite, test } from 'node:test'
import type { ConfigurationFacts } from './configuration-state.ts'
import { StateObject } from './state-object.ts'
import { ObjectServer } from './testing/object-server.ts'

const COLLECTION = '/apis/metallb.io/v1beta1/namespaces/metal/configurationstates'
const PATH = `${COLLECTION}/speaker-x`
const LABELS = { 'metallb.io/component-type': 'speaker' }
const OWNER = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'now' }
const GOOD: ConfigurationFacts = { findings: [], unread: [] }
const BAD: ConfigurationFacts = {
  unread: [],
  findings: [
    {
      code: 'METAL_RANGE_BACKWARDS',
      severity: 'error',
      message: 'wrong',
      origin: { object: 'IPAddressPool metal/lab', path: '' },
    },
  ],
}

suite('a ConfigurationState', { timeout: 60_000 }, () => {
  let server: ObjectServer
  let state: StateObject
  let mayWrite: boolean
  const problems: string[] = []
  beforeEach(async () => {
    server = await ObjectServer.start()
    mayWrite = true
    state = new StateObject({
      transport: server.transport,
      namespace: 'metal',
      name: 'speaker-x',
      labels: LABELS,
      owners: [OWNER],
      parts: ['configReconcilerValid'],
      mayWrite: () => mayWrite,
      onProblem: (message) => problems.push(message),
    })
  })
  afterEach(async () => {
    await state.close(false)
    server.close()
    assert.deepEqual(problems, [])
  })
  const result = (): unknown => server.objects.get(PATH)?.status?.['result']

  test('is made, and written again only when something is different', async () => {
    state.tell(GOOD)
    state.start()
    await server.until(() => result() === 'Valid')
    assert.deepEqual(server.objects.get(PATH)?.metadata.labels, LABELS)
    assert.deepEqual(server.objects.get(PATH)?.metadata.ownerReferences, [OWNER])
    state.tell({ ...GOOD })
    state.tell(BAD)
    await server.until(() => result() === 'Invalid')
    state.tell({ ...BAD })
    state.tell(GOOD)
    await server.until(() => result() === 'Valid')
    const status = `PATCH ${PATH}/status`
    assert.deepEqual(server.writes, [`POST ${COLLECTION}`, status, status, status])
  })

  test('is made again when somebody deletes it, and put right when somebody edits it', async () => {
    state.tell(BAD)
    state.start()
    await server.until(() => result() === 'Invalid')
    server.remove(PATH)
    await server.until(() => result() === 'Invalid')
    server.put(PATH, { status: { result: 'Valid', errorSummary: 'all is well' } })
    await server.until(() => result() === 'Invalid')
    server.put(PATH, { metadata: { labels: { 'metallb.io/component-type': 'other' } } })
    await server.until(() => {
      const labels = server.objects.get(PATH)?.metadata.labels as Record<string, string> | undefined
      return labels?.['metallb.io/component-type'] === 'speaker'
    })
  })

  test('is written by whoever may, from then on', async () => {
    mayWrite = false
    state.tell(GOOD)
    state.start()
    server.put(PATH, { metadata: { labels: LABELS, ownerReferences: [OWNER] }, status: { result: 'Invalid' } })
    state.look()
    assert.deepEqual(server.writes, [])
    mayWrite = true
    server.put(PATH, { status: { result: 'Unknown' } })
    await server.until(() => result() === 'Valid')
  })

  test('that an earlier pod left is taken over', async () => {
    server.put(PATH, { metadata: { labels: LABELS, ownerReferences: [{ ...OWNER, uid: 'before' }] } })
    state.tell(GOOD)
    state.start()
    await server.until(() => result() === 'Valid')
    assert.deepEqual(server.objects.get(PATH)?.metadata.ownerReferences, [OWNER])
    assert.deepEqual(server.writes, [`PATCH ${PATH}`, `PATCH ${PATH}/status`])
  })

  test('goes with a speaker that ends', async () => {
    state.tell(GOOD)
    state.start()
    await server.until(() => result() === 'Valid')
    await state.close(true, 60_000)
    assert.equal(server.objects.size, 0)
  })
})
