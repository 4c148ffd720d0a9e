import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { NOT_FOUND_NGINX } from '../../routing/defaults.ts'
import type { Route, VirtualHost } from '../../routing/model.ts'
import { fixtureModel } from '../../proxy/testing/proxy-fixture.ts'
import { ServedIngresses } from './served-ingresses.ts'

const ROUTE = fixtureModel({ upstreams: [] }).routes.hosts[0]!.routes[0]!
const routeOf = (ingress: string): Route => ({ ...ROUTE, labels: { ...ROUTE.labels, ingress } })
const hostOf = (host: string, ingresses: readonly string[]): VirtualHost => ({
  host,
  schemes: ['http'],
  appRoot: '',
  routes: ingresses.map(routeOf),
  notFound: NOT_FOUND_NGINX,
})
const POOL = ['a', 'b', 'c'].flatMap((host) => [hostOf(host, ['one']), hostOf(host, ['one', 'two']), hostOf(host, [])])
const hosts = fc.uniqueArray(fc.constantFrom(...POOL), { selector: ({ host }) => host })

test('whatever tables follow one another, the Ingresses are those of the last one', () => {
  fc.assert(
    fc.property(fc.array(hosts, { maxLength: 8 }), (tables) => {
      const served = new ServedIngresses()
      for (const table of tables) {
        const names = served.follow({ hosts: table, fallback: { notFound: NOT_FOUND_NGINX } })
        const expected = new Set(table.flatMap(({ routes }) => routes.map(({ labels }) => `shop/${labels.ingress}`)))
        assert.deepEqual([...names].toSorted(), [...expected].toSorted())
      }
    }),
  )
})
