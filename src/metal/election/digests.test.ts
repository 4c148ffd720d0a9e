import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test from 'node:test'
import { Digests, headOf } from './digests.ts'

const expected = (name: string, address: string): number =>
  createHash('sha256').update(`${name}#${address}`).digest().readUIntBE(0, 6)

test('a kept value is the beginning of the digest, also of nodes that come and go', () => {
  const digests = new Digests()
  for (let round = 0; round < 40; round++) {
    const nodes = Array.from({ length: 5 }, (_, n) => ({ name: `node-${round * 3 + n}` }))
    digests.keepNodes(nodes)
    const columns = nodes.map(({ name }) => ({ name, column: digests.columnOf(name) }))
    const groups = Array.from({ length: 5 }, (_, n) => ({ firstAddress: `192.0.2.${round * 2 + n}` }))
    for (const { firstAddress } of groups) {
      const row = digests.rowOf(firstAddress)
      assert.ok(row.length <= 40, 'what is kept is bounded')
      for (const one of columns) assert.equal(headOf(row, firstAddress, one), expected(one.name, firstAddress))
      // And once more, from what is kept.
      for (const one of columns) assert.equal(headOf(row, firstAddress, one), expected(one.name, firstAddress))
    }
    digests.keepAddresses(groups)
  }
})
