import assert from 'node:assert/strict'
import test from 'node:test'
import { ForeignClaims } from './foreign-claims.ts'

const [LOW, OWN, HIGH] = ['02:00:00:00:00:01', '02:00:00:00:00:05', '02:00:00:00:00:09']
const ADDRESS = '192.0.2.100'

function claims() {
  const known = new Set<string>()
  const said: string[] = []
  const timers: { readonly run: () => void; readonly delayMs: number }[] = []
  const state = { isOwn: true }
  const foreign = new ForeignClaims({
    setTimer(run, delayMs) {
      timers.push({ run, delayMs })
      return setTimeout(() => {}, 0)
    },
    isKnown: (mac) => known.has(mac),
    isOwn: () => state.isOwn,
    defend: (address) => said.push(`defend ${address}`),
    onYield: (address, mac) => said.push(`yield ${address} to ${mac}`),
    onReturn: () => said.push('return'),
  })
  return { foreign, known, said, timers, state }
}

test('a speaker that is heard, and a stranger with a higher MAC, are answered', () => {
  const { foreign, known, said, timers } = claims()
  known.add(LOW)
  foreign.see(ADDRESS, LOW, OWN)
  foreign.see(ADDRESS, HIGH, OWN)
  assert.deepEqual(said, [`defend ${ADDRESS}`, `defend ${ADDRESS}`])
  assert.equal(timers.length, 0)
})

test('a stranger with a lower MAC that insists gets the address after a moment, for a while', () => {
  const { foreign, said, timers } = claims()
  foreign.see(ADDRESS, LOW, OWN)
  foreign.see(ADDRESS, LOW, OWN)
  assert.deepEqual(
    timers.map(({ delayMs }) => delayMs),
    [2000],
  )
  assert.equal(foreign.has(ADDRESS), false)
  timers[0]?.run()
  assert.equal(foreign.has(ADDRESS), true)
  timers[1]?.run()
  assert.equal(foreign.has(ADDRESS), false)
  assert.deepEqual(said, [`defend ${ADDRESS}`, `yield ${ADDRESS} to ${LOW}`, 'return'])
})

test('an address that was left to a stranger who turns out to be a speaker is for election again', () => {
  const { foreign, known, timers } = claims()
  foreign.see(ADDRESS, LOW, OWN)
  foreign.see(ADDRESS, LOW, OWN)
  timers[0]?.run()
  assert.equal(foreign.has(ADDRESS), true)
  known.add(LOW)
  assert.equal(foreign.has(ADDRESS), false)
  known.delete(LOW)
  assert.equal(foreign.has(ADDRESS), false)
})

test('one packet alone takes no address away', () => {
  const { foreign, said, timers } = claims()
  foreign.see(ADDRESS, LOW, OWN)
  timers[0]?.run()
  assert.equal(foreign.has(ADDRESS), false)
  foreign.see(ADDRESS, LOW, OWN)
  timers[1]?.run()
  assert.equal(foreign.has(ADDRESS), false)
  assert.deepEqual(said, [`defend ${ADDRESS}`, `defend ${ADDRESS}`])
})

test('a stranger that turns out to be a speaker within that moment gets nothing, nor does one when the address is no longer ours', () => {
  const { foreign, known, said, timers, state } = claims()
  foreign.see(ADDRESS, LOW, OWN)
  foreign.see(ADDRESS, LOW, OWN)
  known.add(LOW)
  timers[0]?.run()
  assert.deepEqual(said, [`defend ${ADDRESS}`, `defend ${ADDRESS}`])
  known.clear()
  foreign.see(ADDRESS, LOW, OWN)
  foreign.see(ADDRESS, LOW, OWN)
  state.isOwn = false
  timers[1]?.run()
  assert.equal(foreign.has(ADDRESS), false)
})
