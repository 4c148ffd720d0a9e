import assert from 'node:assert/strict'
import test from 'node:test'
import * as fc from 'fast-check'
import { decideAnnouncements } from './decide-announcements.ts'
import { inputArbitrary, NAMES } from './testing/arbitrary-input.ts'

test('nodes with the same view have exactly one announcer for each address that anybody can announce', () => {
  fc.assert(
    fc.property(inputArbitrary, (input) => {
      const answers = NAMES.map((nodeName) => decideAnnouncements({ ...input, nodeName }))
      const claims = answers.flatMap(({ l2 }, index) => l2.map(({ address }) => [address, NAMES[index]] as const))
      const addresses = claims.map(([address]) => address)
      assert.equal(new Set(addresses).size, addresses.length, 'an address is announced twice')
      for (const { announcers } of answers) assert.deepEqual(announcers, answers[0]?.announcers)
      assert.deepEqual(new Map(claims), answers[0]?.announcers)
    }),
    { numRuns: 300 },
  )
})

test('the order in which objects and speakers are listed decides nothing', () => {
  fc.assert(
    fc.property(inputArbitrary, (input) => {
      const reversed = {
        ...input,
        nodes: [...input.nodes].reverse(),
        services: [...input.services].reverse(),
        members: [...input.members].reverse(),
      }
      assert.deepEqual(decideAnnouncements(reversed), decideAnnouncements(input))
    }),
  )
})

test('the loss of a speaker that announces nothing moves nothing', () => {
  fc.assert(
    fc.property(inputArbitrary, fc.constantFrom(...NAMES), (given, lost) => {
      const input = { ...given, options: { ...given.options, spreads: false } }
      const before = decideAnnouncements(input).announcers
      const after = decideAnnouncements({
        ...input,
        members: input.members.filter(({ name }) => name !== lost),
      }).announcers
      for (const [address, owner] of before) if (owner !== lost) assert.equal(after.get(address), owner, address)
    }),
    { numRuns: 300 },
  )
})
