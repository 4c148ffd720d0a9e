import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { BgpRoute } from '../announcement.ts'
import type { Family } from './ip-bytes.ts'
import { chooseRouterId, nextHopOf } from './local-addresses.ts'
import { HEADER_BYTES } from './message.ts'
import { formatPrefix } from './prefix.ts'
import { retryPauseMs } from './retry-pause.ts'
import { RoutesOut, type RouteContext } from './routes-out.ts'
import { decodeUpdate } from './update-decoding.ts'

const CONTEXT: RouteContext = {
  path: { myAsn: 64500, isInternal: true, hasAs4: true },
  nextHops: { 4: Uint8Array.of(192, 0, 2, 1), 6: new Uint8Array(16).fill(1) },
}

const route: fc.Arbitrary<BgpRoute> = fc.record(
  {
    prefix: fc.constantFrom('192.0.2.1/32', '192.0.2.2/32', '198.51.100.0/24', '2001:db8::1/128', '2001:db8::/64'),
    localPref: fc.constantFrom(0, 200),
    communities: fc.subarray([
      { kind: 'standard' as const, value: 7 },
      { kind: 'large' as const, values: [1, 2, 3] as const },
    ]),
    peers: fc.constant([]),
    services: fc.constant([]),
  },
  { noNullPrototype: true },
)
const wish = fc.uniqueArray(route, { selector: ({ prefix }) => prefix, maxLength: 5 })

/** Takes messages as a peer does. */
function apply(messages: readonly Uint8Array[], table: Map<string, string>): void {
  for (const message of messages) {
    const update = decodeUpdate(message.subarray(HEADER_BYTES), { hasAs4: true, isInternal: true })
    assert.ok(update.ok)
    assert.equal(update.value.malformed, null)
    for (const prefix of update.value.withdrawn) table.delete(formatPrefix(prefix))
    const { localPref, communities } = update.value.attributes
    for (const prefix of update.value.announced)
      table.set(formatPrefix(prefix), JSON.stringify([localPref, communities]))
  }
}

function expected(routes: readonly BgpRoute[], families: readonly Family[]): Map<string, string> {
  return new Map(
    routes
      .filter(({ prefix }) => families.includes(prefix.includes(':') ? 6 : 4))
      .map(({ prefix, localPref, communities }) => [prefix, JSON.stringify([localPref || 100, communities])]),
  )
}

test("after any changes, refreshes and changes of families the peer's table is what is wanted", () => {
  const step = fc.oneof(
    wish.map((routes) => ({ routes })),
    fc.constantFrom(4 as const, 6 as const).map((family) => ({ family })),
    fc.subarray([4 as const, 6 as const]).map((families) => ({ families })),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const out = new RoutesOut()
      const table = new Map<string, string>()
      let wanted: readonly BgpRoute[] = []
      let families: readonly Family[] = [4, 6]
      for (const each of steps) {
        if ('routes' in each) out.setWanted((wanted = each.routes))
        else if ('family' in each) out.repeat(each.family)
        else {
          families = each.families
          out.reconsider()
        }
        const nextHops = {
          4: families.includes(4) ? CONTEXT.nextHops[4] : null,
          6: families.includes(6) ? CONTEXT.nextHops[6] : null,
        }
        apply(out.takeMessages({ ...CONTEXT, nextHops }), table)
        const right = expected(wanted, families)
        assert.deepEqual(table, right)
        assert.equal(out.announced, right.size)
        assert.equal(out.takeMessages({ ...CONTEXT, nextHops }).length, 0)
      }
    }),
  )
})

test('routes with the same attributes share messages', () => {
  const out = new RoutesOut()
  out.setWanted(
    Array.from({ length: 2000 }, (_, at) => ({
      prefix: `10.0.${at >> 8}.${at & 255}/32`,
      localPref: 0,
      communities: at % 2 === 0 ? [] : [{ kind: 'standard' as const, value: 1 }],
      peers: [],
      services: [],
    })),
  )
  assert.equal(out.takeMessages(CONTEXT).length, 4)
  out.setWanted([])
  assert.equal(out.takeMessages(CONTEXT).length, 3)
})

test('a prefix that is none and one that cannot be announced are counted, the others go out', () => {
  const out = new RoutesOut()
  const make = (prefix: string): BgpRoute => ({ prefix, localPref: 0, communities: [], peers: [], services: [] })
  const communities = Array.from({ length: 400 }, () => ({ kind: 'large' as const, values: [1, 2, 3] as const }))
  out.setWanted([make('x'), make('2001:db8::1/128'), { ...make('192.0.2.9/32'), communities }, make('192.0.2.1/32')])
  assert.equal(out.takeMessages({ ...CONTEXT, nextHops: { ...CONTEXT.nextHops, 6: null } }).length, 1)
  assert.deepEqual([out.announced, out.pendingOf([4, 6]), out.pendingOf([4]), out.invalid], [1, 2, 1, 1])
  out.setWanted([{ ...make('192.0.2.1/32'), communities }])
  const table = new Map([['192.0.2.1/32', 'x']])
  apply(out.takeMessages(CONTEXT), table)
  assert.deepEqual([out.announced, table.size], [0, 0])
})

test('next hops are addresses of the interface that the session uses', () => {
  const address = (text: string, family: 'IPv4' | 'IPv6') => ({ address: text, family }) as never
  const interfaces = {
    lo: [address('127.0.0.1', 'IPv4'), address('::1', 'IPv6')],
    eth0: [address('192.0.2.1', 'IPv4'), address('fe80::1', 'IPv6'), address('2001:db8::1', 'IPv6')],
    eth1: [address('fe80::2', 'IPv6')],
  }
  const hop = (family: Family, local: string): string | undefined => nextHopOf(family, local, interfaces)?.join('.')
  assert.equal(hop(4, '192.0.2.1'), '192.0.2.1')
  assert.equal(hop(4, '2001:db8::1'), '192.0.2.1')
  assert.match(hop(6, '192.0.2.1') ?? '', /^32\.1\.13\.184/)
  assert.equal(hop(4, 'fe80::2'), undefined)
  assert.equal(hop(6, '198.51.100.1'), undefined)
})

test('a router id is what is written, else an IPv4 address, else made of the name', () => {
  assert.equal(chooseRouterId('203.0.113.1', '192.0.2.1', 'n', {}), '203.0.113.1')
  assert.equal(chooseRouterId('', '192.0.2.1', 'n', {}), '192.0.2.1')
  const made = chooseRouterId('', '2001:db8::1', 'node-1', {})
  assert.equal(made, chooseRouterId('', '2001:db8::2', 'node-1', {}))
  assert.notEqual(made, chooseRouterId('', '2001:db8::1', 'node-2', {}))
  assert.ok(Number(made.split('.')[0]) >= 1 && Number(made.split('.')[0]) <= 126)
})

test('pauses double up to the longest, less a quarter at most', () => {
  const pauses = [1, 2, 3, 4, 20].map((failures) => retryPauseMs(failures, 3, 1))
  assert.deepEqual(pauses, [500, 1000, 2000, 3000, 3000])
  assert.equal(retryPauseMs(1, 3, 0), 375)
})

test('routes go out again when their next hop is another, and only then', () => {
  const out = new RoutesOut()
  const make = (prefix: string): BgpRoute => ({ prefix, localPref: 0, communities: [], peers: [], services: [] })
  out.setWanted([make('192.0.2.1/32'), make('2001:db8::1/128')])
  assert.equal(out.takeMessages(CONTEXT).length, 2)
  const moved = { ...CONTEXT, nextHops: { ...CONTEXT.nextHops, 6: new Uint8Array(16).fill(2) } }
  out.reconsider()
  const [message = new Uint8Array(), ...more] = out.takeMessages(moved)
  assert.equal(more.length, 0)
  assert.ok(Buffer.from(message).includes(Buffer.from(moved.nextHops[6])))
  out.reconsider()
  assert.deepEqual(
    out.takeMessages({ ...moved, nextHops: { 4: Uint8Array.of(192, 0, 2, 1), 6: new Uint8Array(16).fill(2) } }),
    [],
  )
  assert.equal(out.announced, 2)
})
