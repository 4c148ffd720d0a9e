import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import test, { type TestContext } from 'node:test'
import { startSpeakerMetrics } from './speaker-metrics-server.ts'
import { SpeakerMetrics } from './speaker-metrics.ts'
import type { Speaker } from './speaker.ts'

type Current = Parameters<typeof startSpeakerMetrics>[0]

async function started(context: TestContext, current: Current): Promise<number> {
  for (;;) {
    const ports = { metricsPort: await freePort(), metricsHost: '127.0.0.1' }
    const server = await startSpeakerMetrics(current, new SpeakerMetrics('a'), ports, { problem() {} })
    // Somebody else was faster with the port.
    if (server === null) continue
    context.after(() => server.close())
    return server.port
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** The first line of the answer. The request line goes out as it is written, which `fetch` would mend. */
async function ask(port: number, target: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  await once(socket, 'close')
  return text.split('\r\n')[0] ?? ''
}

test('no request target ends the speaker', async (context) => {
  const port = await started(context, () => null)
  for (const target of ['//', 'http://[', '/%zz', '/healthzz']) {
    assert.equal(await ask(port, target), 'HTTP/1.1 404 Not Found', target)
  }
  for (const target of ['/healthz', '/healthz?verbose', '/metrics']) {
    assert.equal(await ask(port, target), 'HTTP/1.1 200 OK', target)
  }
  assert.equal(await ask(port, '/readyz'), 'HTTP/1.1 503 Service Unavailable')
})

test('a speaker is healthy while its threads answer, and ready when it has its configuration', async (context) => {
  const state = { isWell: true, hasConfig: false }
  const speaker: Pick<Speaker, 'isWell'> & { readonly facts: Pick<Speaker['facts'], 'hasConfig'> } = {
    isWell: () => Promise.resolve(state.isWell),
    get facts() {
      return state
    },
  }
  const port = await started(context, () => speaker as Speaker)
  assert.equal(await ask(port, '/healthz'), 'HTTP/1.1 200 OK')
  assert.equal(await ask(port, '/readyz'), 'HTTP/1.1 503 Service Unavailable')
  Object.assign(state, { isWell: false, hasConfig: true })
  assert.equal(await ask(port, '/healthz'), 'HTTP/1.1 503 Service Unavailable')
  assert.equal(await ask(port, '/readyz'), 'HTTP/1.1 200 OK')
})
