import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FreeAddresses } from './free-addresses.ts'

test('the lowest free address is that of a plain set, whatever is taken and given', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(40), { maxLength: 120 }), fc.boolean(), (values, skipsBuggy) => {
      const first = 240n
      const free = new FreeAddresses({ family: 4, first, last: first + 40n }, skipsBuggy)
      const taken = new Set<number>()
      for (const value of values) {
        if (taken.delete(value)) free.give(first + BigInt(value))
        else {
          taken.add(value)
          free.take(first + BigInt(value))
        }
        const isUsable = (n: number): boolean => !taken.has(n) && !(skipsBuggy && [0, 255].includes((240 + n) % 256))
        const lowest = Array.from({ length: 41 }, (_, n) => n).find(isUsable)
        assert.equal(free.lowest, lowest === undefined ? null : first + BigInt(lowest))
      }
    }),
  )
})

test('taking twice is taking once', () => {
  const free = new FreeAddresses({ family: 6, first: 1n, last: 2n }, false)
  free.take(1n)
  free.take(1n)
  assert.equal(free.lowest, 2n)
  free.take(2n)
  assert.equal(free.lowest, null)
})
