import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { ApiError, type ApiRequest, type ApiTransport } from './api-transport.ts'
import { KindsSource } from './kinds-source.ts'
import { BGP_PEERS } from './resource.ts'

test(
  'that a kind may be read from now on is a change, also when there is nothing of it',
  { timeout: 60_000 },
  async () => {
    let mayRead = false
    const transport = {
      access: { server: 'https://api.example' },
      json: async () => {
        if (!mayRead) throw new ApiError(404, 'NotFound', 'no such kind', 0)
        return { metadata: { resourceVersion: '7' }, items: [] }
      },
      async *lines({ signal }: ApiRequest, opened: () => void) {
        opened()
        if (signal !== undefined && !signal.aborted) await once(signal, 'abort')
        yield* []
      },
    } as unknown as ApiTransport
    const { promise: isReadable, resolve } = Promise.withResolvers<void>()
    const source = new KindsSource({
      transport,
      watchNamespace: '',
      kinds: [BGP_PEERS],
      followsConfigMaps: false,
      followsSecrets: false,
      onChange: () => {
        if (source.forbidden.length === 0) resolve()
      },
      onProblem: (message) => assert.fail(message),
      reflector: { firstPauseMs: 1, forbiddenPauseMs: 1 },
    })
    await source.start()
    assert.deepEqual(source.forbidden, ['BGPPeer'])
    mayRead = true
    await isReadable
    await source.close()
  },
)
