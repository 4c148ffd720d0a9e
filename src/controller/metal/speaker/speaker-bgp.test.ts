import assert from 'node:assert/strict'
import test from 'node:test'
import type { BgpRoute } from '../../../metal/announcement.ts'
import { BgpAnnouncing } from './speaker-bgp.ts'
import type { SpeakerLine } from './speaker-options.ts'

function announcing() {
  const lines: string[] = []
  const line = (each: SpeakerLine): void => {
    if (each.protocol === 'bgp') lines.push(`${each.event} ${each.prefix}`)
  }
  const bgp = new BgpAnnouncing({ nodeName: 'a', passwordOf: () => null, events: { line, problem: assert.fail } })
  return { bgp, lines }
}

function routeOf(prefix: string, peers: readonly string[] = [], localPref = 0): BgpRoute {
  return { prefix, localPref, communities: [], peers, services: ['default/web'] }
}

test('a line is said of each route that is new or different, and of each prefix that goes', () => {
  const { bgp, lines } = announcing()
  const first = [routeOf('192.0.2.1/32', ['p'], 1), routeOf('192.0.2.1/32', ['q'], 2), routeOf('192.0.2.2/32')]
  assert.equal(bgp.setRoutes(first), true)
  assert.equal(bgp.setRoutes(structuredClone(first)), false)
  lines.length = 0
  bgp.setRoutes([routeOf('192.0.2.1/32', ['p'], 1), routeOf('192.0.2.1/32', ['q'], 3)])
  assert.deepEqual(lines, ['announcing 192.0.2.1/32', 'withdrawn 192.0.2.2/32'])
})

test('a change of one among very many routes takes no longer than its share', () => {
  const { bgp, lines } = announcing()
  const make = () =>
    Array.from({ length: 30_000 }, (_, at) => routeOf(`10.${at >> 16}.${(at >> 8) & 255}.${at & 255}/32`))
  bgp.setRoutes(make())
  lines.length = 0
  const startMs = performance.now()
  bgp.setRoutes(make().slice(1))
  // Each compared with each would take minutes.
  assert.ok(performance.now() - startMs < 10_000)
  assert.deepEqual(lines, ['withdrawn 10.0.0.0/32'])
})
