/**
 * Nodes on one network that do not hear each other's heartbeats, as behind a firewall that drops them: each takes the other for
 * a stranger, and the lower MAC keeps the address. When they hear each other again, election settles it as ever.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SpeakerHosts } from './parts/speaker-hosts.ts'

test('of nodes that cannot hear each other one goes on, and none is left without once they can', async (context) => {
  const hosts = new SpeakerHosts(2)
  context.after(() => hosts.destroy())
  const [first, second] = hosts.nodes
  assert.ok(first !== undefined && second !== undefined)
  // The first by the order of election has the higher MAC.
  const owner = hosts.firstByElection
  const other = owner === first ? second : first
  owner.host.run('ip', 'link', 'set', 'eth0', 'address', '02:00:00:00:00:99')
  for (const node of hosts.nodes) hosts.start(node)
  await hosts.settled()

  for (const [from, to] of [
    [owner, other],
    [other, owner],
  ] as const)
    from.host.run('ip', 'route', 'add', 'blackhole', `${to.host.ipv4}/32`)
  await hosts.until('the one with the lower MAC announces', () => other.isAnnouncing)
  await hosts.until(
    'the one with the higher MAC leaves it to that one, and says so',
    () => !owner.isAnnouncing && owner.problems.some((line) => line.includes('this node leaves it to that one')),
  )
  await hosts.until('the client uses the one that is left', () => hosts.answers.at(-1)?.host === other.host.name)

  for (const [from, to] of [
    [owner, other],
    [other, owner],
  ] as const)
    from.host.run('ip', 'route', 'del', 'blackhole', `${to.host.ipv4}/32`)
  const mendedMs = Date.now()
  await hosts.settled()
  context.diagnostic(
    `from mending to the first by election: ${Date.now() - mendedMs} ms, half a second of answers included`,
  )
  await hosts.until('both tell it', () =>
    hosts.nodes.every(({ problems }) => problems.some((line) => / is heard again, which was there all the/.test(line))),
  )
})
