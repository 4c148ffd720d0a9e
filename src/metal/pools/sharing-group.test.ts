import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SharingGroup } from './sharing-group.ts'

const PORTS = ['TCP/80', 'TCP/443', 'UDP/53', 'TCP/25']

interface Seat {
  readonly range: { readonly order: number }
  readonly address: { readonly value: bigint }
  readonly ports: Map<string, string>
}

const seats: readonly Seat[] = Array.from({ length: 200 }, (_, n) => ({
  range: { order: n < 120 ? 1 : 0 },
  address: { value: BigInt(n) },
  ports: new Map(),
}))

test('the lowest member without some ports is that of a plain list, whatever comes and goes', () => {
  const step = fc.record({
    kind: fc.constantFrom('add', 'add', 'add', 'delete', 'port', 'free'),
    at: fc.nat(seats.length - 1),
    port: fc.constantFrom(...PORTS),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
      const group = new SharingGroup<Seat>()
      const members = new Set<Seat>()
      for (const seat of seats) seat.ports.clear()
      for (const { kind, at, port } of steps) {
        const seat = seats[at]!
        if (kind === 'add' && !members.has(seat)) {
          members.add(seat)
          group.add(seat)
        } else if (kind === 'delete') {
          members.delete(seat)
          group.delete(seat)
        } else if (kind === 'port') {
          seat.ports.set(port, 'somebody')
          group.addPort(seat, port)
        } else if (kind === 'free') {
          seat.ports.delete(port)
          group.deletePort(seat, port)
        }
        const wanted = PORTS.slice(0, at % 3)
        const open = [...members].filter(({ ports }) => wanted.every((each) => !ports.has(each)))
        open.sort((a, b) => a.range.order - b.range.order || Number(a.address.value - b.address.value))
        assert.equal(group.firstWithout(wanted), open[0] ?? null)
        assert.equal(group.size, members.size)
      }
    }),
    { numRuns: 200 },
  )
})
