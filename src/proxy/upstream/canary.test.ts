import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoutingModel } from '../../routing/model.ts'
import { fixtureBackend, fixtureModel, startFixture } from '../testing/proxy-fixture.ts'
import { sendRaw } from '../testing/raw-client.ts'
import { answering, startRawUpstream } from '../testing/raw-upstream.ts'

function model(main: number, canary: number): RoutingModel {
  const route = { canary: { backendId: 'shop/next:80', header: { name: 'X-Canary' }, weight: 0, weightTotal: 100 } }
  const base = fixtureModel({ upstreams: [main], route })
  const next = { ...fixtureBackend([canary]), id: 'shop/next:80', upstreamName: 'shop-next-80' }
  return { ...base, backends: [...base.backends, next] }
}

test("of a canary's requests logs name the route's own upstream, and the canary beside it", async () => {
  await using main = await startRawUpstream(answering('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmain'))
  await using canary = await startRawUpstream(answering('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ncanary'))
  await using proxy = await startFixture({ upstreams: [] })
  proxy.plane.apply(model(main.port, canary.port))
  const head = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n'
  assert.match(await sendRaw(proxy.port, `${head}X-Canary: always\r\n\r\n`), /canary$/)
  assert.match(await sendRaw(proxy.port, `${head}\r\n`), /main$/)
  const names = proxy.records.map(({ upstreamName, alternativeUpstreamName }) => [
    upstreamName,
    alternativeUpstreamName,
  ])
  assert.deepEqual(names, [
    ['shop-web-80', 'shop-next-80'],
    ['shop-web-80', ''],
  ])
})
