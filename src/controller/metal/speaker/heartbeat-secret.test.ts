import assert from 'node:assert/strict'
import test from 'node:test'
import { ApiError, type ApiRequest } from '../../../sources/cluster/api-transport.ts'
import { type HeartbeatSecretOptions, readHeartbeatSecret } from './heartbeat-secret.ts'

/** A Secret as an API server keeps it. @param refuse an answer in place of the server's, `null` = the server's */
function createServer(refuse: (call: ApiRequest, count: number) => ApiError | null = () => null) {
  const problems: string[] = []
  let version = 1
  let calls = 0
  const server = {
    data: {} as Record<string, string>,
    problems,
    options: {
      namespace: 'genkan',
      name: 'beat',
      pauseMs: 1,
      onProblem: (message: string) => problems.push(message),
      transport: {
        json: async <T>(call: ApiRequest): Promise<T> => {
          const error = refuse(call, calls++)
          if (error !== null) throw error
          assert.equal(call.path, '/api/v1/namespaces/genkan/secrets/beat')
          // Others get their turn between a read and a write.
          await new Promise((resolve) => setImmediate(resolve))
          if (call.method === 'PATCH') {
            const body = call.body as { metadata: { resourceVersion: string }; data: Record<string, string> }
            if (body.metadata.resourceVersion !== String(version)) throw new ApiError(409, 'Conflict', 'conflict', 0)
            version++
            server.data = { ...server.data, ...body.data }
          }
          return { metadata: { resourceVersion: String(version) }, data: server.data } as T
        },
      },
    } satisfies HeartbeatSecretOptions,
  }
  return server
}

const { signal } = new AbortController()
const base64 = (text: string): string => Buffer.from(text).toString('base64')

test('a key that is there is taken, without the newline at its end', async () => {
  const server = createServer()
  server.data = { key: base64('opensesame\n') }
  const key = await readHeartbeatSecret(server.options, signal)
  assert.equal(key?.reveal().toString(), 'opensesame')
  assert.deepEqual(server.data, { key: base64('opensesame\n') })
})

test('of many speakers that find the Secret empty one makes the key, and all have it', async () => {
  const server = createServer()
  server.data = { note: base64('kept') }
  const keys = await Promise.all(Array.from({ length: 5 }, () => readHeartbeatSecret(server.options, signal)))
  const texts = new Set(keys.map((key) => key?.reveal().toString()))
  assert.equal(texts.size, 1)
  assert.match([...texts][0] ?? '', /^[0-9a-f]{64}$/)
  assert.equal(server.data['key'], base64([...texts][0] ?? ''))
  assert.equal(server.data['note'], base64('kept'))
  assert.deepEqual(server.problems, [])
})

test('it waits for a Secret that is not there, and says so once', async () => {
  const server = createServer((_call, count) =>
    count < 3 ? new ApiError(404, 'NotFound', '404 secrets "beat" not found', 0) : null,
  )
  assert.notEqual(await readHeartbeatSecret(server.options, signal), null)
  assert.equal(server.problems.length, 1)
  assert.match(server.problems[0] ?? '', /^Cannot read the heartbeat key from Secret genkan\/beat: 404 .*not found/)
})

test('no key is used that others cannot read: one that may not be written is not kept', async () => {
  const stop = new AbortController()
  const server = createServer((call, count) => {
    if (count === 6) stop.abort()
    return call.method === 'PATCH' ? new ApiError(403, 'Forbidden', '403 may not patch', 0) : null
  })
  assert.equal(await readHeartbeatSecret(server.options, stop.signal), null)
  assert.deepEqual(server.data, {})
  assert.equal(server.problems.length, 1)
})
