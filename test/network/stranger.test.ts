/** A host that is no node says to have an address that a node announces: who keeps it, who is told, and what is counted. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { eventually } from './parts/eventually.ts'
import type { Host } from './parts/hosts.ts'
import { ADDRESS, type RunningHost, SpeakerHosts } from './parts/speaker-hosts.ts'

const LOWER_MAC = '02:00:00:00:00:00'

interface Site {
  readonly hosts: SpeakerHosts
  readonly owner: RunningHost
  readonly stranger: Host
}

async function createSite(context: TestContext, mac?: string): Promise<Site> {
  const hosts = new SpeakerHosts(2, [], 1)
  context.after(() => hosts.destroy())
  const [stranger] = hosts.strangers
  assert.ok(stranger !== undefined)
  if (mac !== undefined) stranger.run('ip', 'link', 'set', 'eth0', 'address', mac)
  for (const node of hosts.nodes) hosts.start(node)
  return { hosts, owner: await hosts.settled(), stranger }
}

/** Has the address, and says so to everybody once a second. */
function claim(stranger: Host): void {
  stranger.run('ip', 'addr', 'add', `${ADDRESS}/24`, 'dev', 'eth0')
  stranger.start('arping', ['-U', '-I', 'eth0', ADDRESS], { stdio: 'ignore' })
}

test('a host with the lower MAC that insists gets the address; the node says so and stops, and no other node begins', async (context) => {
  const { hosts, owner, stranger } = await createSite(context, LOWER_MAC)
  claim(stranger)
  await hosts.until('it is told', () =>
    owner.problems.includes(`${LOWER_MAC} says on eth0 to have ${ADDRESS}, which this node announces`),
  )
  await hosts.until('the node yields', () =>
    owner.problems.some((line) => line.startsWith(`${ADDRESS} is announced by ${LOWER_MAC} too`)),
  )
  await hosts.until('nobody announces', () => hosts.nodes.every(({ isAnnouncing }) => !isAnnouncing))
  await eventually('the client to follow', () => hosts.client.neighbour(ADDRESS) === LOWER_MAC)
  assert.ok((hosts.sample(owner, 'genkan_layer2_conflicts_total') ?? 0) >= 2)
  assert.equal(hosts.sample(owner, 'metallb_speaker_announced'), null)
})

test('a host with a higher MAC does not get the address: what it says is answered, told and counted', async (context) => {
  const { hosts, owner, stranger } = await createSite(context)
  const from = hosts.answers.length
  claim(stranger)
  const told = `${stranger.mac} says on eth0 to have ${ADDRESS}, which this node announces`
  // Longer than a node waits before it leaves an address to somebody with a lower MAC.
  await hosts.until('it has said so often', () => owner.problems.filter((line) => line === told).length >= 4)
  const labels = { ip: ADDRESS }
  assert.ok((hosts.sample(owner, 'genkan_layer2_foreign_claims_total', labels) ?? 0) >= 4)
  assert.ok((hosts.sample(owner, 'genkan_layer2_conflicts_total') ?? 0) >= 4)
  assert.equal(owner.isAnnouncing, true)
  const since = hosts.answers.length
  await hosts.until('the client uses the node', () =>
    hosts.answers.slice(since).some(({ host }) => host === owner.host.name),
  )
  assert.ok(hosts.answers.slice(from).every(({ host }) => host === owner.host.name))
})

test('an address that somebody has before is left alone, and that is told', async (context) => {
  const hosts = new SpeakerHosts(2, [], 1)
  context.after(() => hosts.destroy())
  const [stranger] = hosts.strangers
  assert.ok(stranger !== undefined)
  stranger.run('ip', 'addr', 'add', `${ADDRESS}/24`, 'dev', 'eth0')
  for (const node of hosts.nodes) hosts.start(node)
  const told = `Cannot announce ${ADDRESS}: ${stranger.mac} has it already on eth0; it is looked for again every 30 s`
  await hosts.until('it is told', () => hosts.nodes.some(({ problems }) => problems.includes(told)))
  await eventually('the client to find the stranger', () => hosts.client.neighbour(ADDRESS) === stranger.mac)
  assert.ok(hosts.nodes.every(({ isAnnouncing }) => !isAnnouncing))
})
