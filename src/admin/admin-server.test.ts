import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import { Script } from 'node:vm'
import type { Finding } from '../base/finding.ts'
import type { ExplainInput } from '../routing/explain-request.ts'
import { startAdminServer } from './admin-server.ts'
import type { AdminSources } from './sources.ts'

const ORIGIN = { object: 'Ingress shop/web', path: 'spec.rules[0]' }
const FINDING: Finding = { code: 'KIND_UNKNOWN', severity: 'info', message: 'm', origin: ORIGIN }
const ROUTE = {
  host: 'shop.example',
  path: '/',
  pathType: 'Prefix',
  match: 'Prefix /',
  service: 'shop/web:80',
  action: '',
  schemes: ['http'] as const,
  origin: ORIGIN,
}
const SOURCES: AdminSources = {
  health: () => ({ isOk: true }),
  readiness: () => ({ isOk: false, reason: 'no configuration was applied yet' }),
  metrics: () => ['# HELP a b\n# TYPE a gauge\n', 'a 1\n'],
  routes: () => [ROUTE],
  findings: () => [FINDING],
  backends: () => [{ id: 'shop/web:80', upstreamName: 'shop-web-80', endpoints: [], dns: '' }],
  version: () => ({ version: '1', runtime: 'v24', configVersion: 2, appliedAt: '' }),
  explain: (input) => (input.url === 'bad' ? { error: 'Cannot read the URL' } : { value: { asked: input } }),
}

interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

async function start(
  context: TestContext,
  sources: Partial<AdminSources> = {},
  problems: string[] = [],
): Promise<number> {
  const server = await startAdminServer({
    port: 0,
    sources: { ...SOURCES, ...sources },
    onProblem: (message) => problems.push(message),
  })
  context.after(() => server.close())
  return server.port
}

async function ask(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const { method = 'GET', headers = {}, body } = options
  const sent = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false, timeout: 5000 })
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) }
}

test('health and readiness say what is missing', async (context) => {
  const port = await start(context)
  const healthy = await ask(port, '/healthz')
  assert.deepEqual([healthy.status, healthy.body], [200, 'ok\n'])
  const unready = await ask(port, '/readyz?verbose')
  assert.deepEqual([unready.status, unready.body], [503, 'no configuration was applied yet\n'])
})

test('metrics are Prometheus text', async (context) => {
  const answer = await ask(await start(context), '/metrics')
  assert.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  assert.equal(answer.body, '# HELP a b\n# TYPE a gauge\na 1\n')
})

test('metrics larger than any buffer arrive whole', async (context) => {
  const piece = 'x'.repeat(200_000)
  const answer = await ask(await start(context, { metrics: () => Array.from({ length: 40 }, () => piece) }), '/metrics')
  assert.equal(answer.body.length, 40 * piece.length)
})

test('the API answers JSON in the shapes of the commands', async (context) => {
  const port = await start(context)
  const read = async (name: string): Promise<unknown> => {
    const answer = await ask(port, `/api/v1/${name}`)
    assert.equal(answer.status, 200)
    assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8')
    return JSON.parse(answer.body)
  }
  assert.deepEqual(await read('routes'), [ROUTE])
  assert.deepEqual(await read('findings'), { findings: [FINDING] })
  assert.deepEqual(await read('backends'), SOURCES.backends())
  assert.deepEqual(await read('version'), SOURCES.version())
})

test('explain passes the question on and returns the explanation', async (context) => {
  const port = await start(context)
  const asked: ExplainInput = { url: 'http://shop.example/a', headers: ['A: 1'], method: 'HEAD' }
  const answer = await ask(port, '/api/v1/explain', { method: 'POST', body: JSON.stringify(asked) })
  assert.deepEqual([answer.status, JSON.parse(answer.body)], [200, { asked }])
})

test('explain refuses questions that it cannot read', async (context) => {
  const port = await start(context)
  const post = (body: string): Promise<Answer> => ask(port, '/api/v1/explain', { method: 'POST', body })
  for (const body of ['', '{', '{"url":"bad"}']) {
    const answer = await post(body)
    assert.equal(answer.status, 400)
    assert.match((JSON.parse(answer.body) as { error: string }).error, /^Cannot read/)
  }
})

test('a question longer than the bound is refused, declared or not', async (context) => {
  const port = await start(context)
  const body = JSON.stringify({ url: 'x'.repeat(70_000) })
  assert.equal((await ask(port, '/api/v1/explain', { method: 'POST', body })).status, 413)
  const headers = { 'Transfer-Encoding': 'chunked' }
  assert.equal((await ask(port, '/api/v1/explain', { method: 'POST', body, headers })).status, 413)
})

test('other methods are refused with those that are allowed', async (context) => {
  const port = await start(context)
  const posted = await ask(port, '/healthz', { method: 'POST' })
  assert.deepEqual([posted.status, posted.headers.allow], [405, 'GET, HEAD'])
  const got = await ask(port, '/api/v1/explain')
  assert.deepEqual([got.status, got.headers.allow], [405, 'POST'])
})

test('HEAD answers as GET without a body', async (context) => {
  const answer = await ask(await start(context), '/api/v1/version', { method: 'HEAD' })
  assert.equal(answer.status, 200)
  assert.equal(answer.body, '')
  assert.equal(answer.headers['content-length'], String(JSON.stringify(SOURCES.version()).length + 1))
})

test('unknown paths are answered with those that exist', async (context) => {
  for (const path of ['/nothing', '/api/v1', '/healthz/', '/__proto__']) {
    const answer = await ask(await start(context), path)
    assert.equal(answer.status, 404)
    assert.match((JSON.parse(answer.body) as { error: string }).error, /\/api\/v1\/routes/)
  }
})

test('a host name that does not belong to this server is refused, so that no page can reach it by rebinding', async (context) => {
  const port = await start(context)
  assert.equal((await ask(port, '/api/v1/routes', { headers: { Host: 'evil.example' } })).status, 403)
  assert.equal((await ask(port, '/api/v1/routes', { headers: { Origin: 'http://evil.example' } })).status, 403)
  assert.equal((await ask(port, '/api/v1/routes', { headers: { Host: `localhost:${port}` } })).status, 200)
})

test('a source that throws is a 500 without details and is reported', async (context) => {
  const problems: string[] = []
  const routes = (): never => {
    throw new Error('secret detail')
  }
  const answer = await ask(await start(context, { routes }, problems), '/api/v1/routes')
  assert.equal(answer.status, 500)
  assert.doesNotMatch(answer.body, /secret/)
  assert.deepEqual(problems, ['Cannot answer /api/v1/routes: secret detail'])
})

test('the page loads only its own files and holds no inline code', async (context) => {
  const port = await start(context)
  const page = await ask(port, '/')
  assert.match(String(page.headers['content-security-policy']), /default-src 'none'; script-src 'self'/)
  assert.doesNotMatch(page.body, /<script>|<style>| style=| on[a-z]+=/)
  const links = Array.from(page.body.matchAll(/(?:src|href)="([^"]+)"/g), (match) => match[1] ?? '')
  assert.deepEqual(links, ['/page.css', '/page.js', '/metrics', '/healthz', '/readyz'])
  for (const link of links) assert.notEqual((await ask(port, link)).status, 404, link)
  const script = await ask(port, '/page.js')
  assert.doesNotMatch(script.body, /innerHTML|outerHTML|insertAdjacentHTML|document\.write/)
  assert.doesNotThrow(() => new Script(script.body))
})

test('closing cuts connections that are still open', async () => {
  const server = await startAdminServer({ port: 0, sources: SOURCES })
  const socket = connect(server.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.on('error', () => {})
  socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await once(socket, 'data')
  const closed = once(socket, 'close')
  await server.close()
  await closed
})

test('a port in use is an error that says what to do', async (context) => {
  const port = await start(context)
  await assert.rejects(startAdminServer({ port, sources: SOURCES }), /port is in use; give another --admin-port/)
})
