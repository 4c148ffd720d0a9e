/** Two speakers on one node, as when a pod starts before the last one has ended: the second waits for the place of the first. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SpeakerHosts } from './parts/speaker-hosts.ts'

/** Of a client that asks every 10 ms: longer than a speaker listens before it takes part. */
const ANSWERS = 300

test('a second speaker on a node disturbs nobody, and takes the place of the first when that ends', async (context) => {
  const hosts = new SpeakerHosts(2)
  context.after(() => hosts.destroy())
  for (const node of hosts.nodes) hosts.start(node)
  const owner = await hosts.settled()
  const other = hosts.nodes.find((node) => node !== owner)
  const first = other?.child
  assert.ok(other !== undefined && first !== null && first !== undefined)
  hosts.start(other)
  await hosts.until('the second speaks', () => Number.isFinite(other.readyMs))
  const count = hosts.answers.length
  await hosts.until('the client has asked for a while', () => hosts.answers.length >= count + ANSWERS)
  assert.equal(other.isAnnouncing, false)
  assert.deepEqual([...new Set(hosts.answers.slice(count).map(({ host }) => host))], [owner.host.name])
  first.kill('SIGKILL')
  const last = owner.child
  assert.ok(last !== null)
  last.kill('SIGTERM')
  await hosts.until(
    'the second has taken over',
    () => other.isAnnouncing && hosts.answers.at(-1)?.host === other.host.name,
  )
})
