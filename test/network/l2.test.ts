/** The layer 2 responder as a neighbour sees it: hosts on one segment, the kernel's neighbour tables, arping and ndisc6. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, afterEach, before, test } from 'node:test'
import { quantile } from './parts/figures.ts'
import type { Host, Hosts } from './parts/hosts.ts'
import { createHosts } from './parts/hosts.ts'
import type { TestedResponder } from './parts/l2-responder.ts'
import { startResponder } from './parts/l2-responder.ts'

const VIP = '192.0.2.100'
const VIP6 = '2001:db8::100'
const PARTS = new URL('./parts/', import.meta.url).pathname

let net: Hosts
/** One who asks, and two who may answer. */
let [client, first, second]: readonly Host[] = []
const running: TestedResponder[] = []

before(() => {
  net = createHosts(3)
  ;[client, first, second] = net.hosts
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((responder) => responder.close()))
  for (const host of net.hosts) host.run('ip', 'neigh', 'flush', 'all')
})
after(() => net.destroy())

test('arping and ndisc6 get the MAC of the announcing host, and of no other address', async () => {
  await announcing(first!, [VIP, VIP6])
  assert.match(client!.run('arping', '-f', '-w', '30', '-I', 'eth0', VIP), /02:00:00:00:00:02/i)
  assert.match(client!.run('ndisc6', '-r', '5', VIP6, 'eth0'), /02:00:00:00:00:02/i)
  assert.notEqual(client!.attempt('arping', '-c', '2', '-w', '1', '-I', 'eth0', '192.0.2.101').status, 0)
  assert.notEqual(client!.attempt('ndisc6', '-r', '2', '-w', '200', '2001:db8::101', 'eth0').status, 0)
})

test('kernels of neighbours resolve both families', async () => {
  const responder = await announcing(first!, [VIP, VIP6])
  for (const address of [VIP, VIP6]) {
    poke(client!, address)
    await until(() => client!.neighbour(address) === first!.mac)
  }
  const { addresses } = await responder.stats()
  for (const counts of addresses) {
    assert.ok(counts.requestsReceived >= 1, counts.address)
    assert.equal(counts.responsesSent, counts.requestsReceived)
    assert.ok(counts.gratuitousSent >= 1)
  }
})

test('a switch that snoops on group membership still passes solicitations on', async () => {
  const bridge = (...args: readonly string[]): string =>
    net.hosts[0]!.attempt('nsenter', `--net=/run/netns/${net.switchNamespace}`, ...args).output
  bridge('ip', 'link', 'set', 'br0', 'type', 'bridge', 'mcast_snooping', '1', 'mcast_querier', '1')
  await announcing(first!, ['2001:db8::ab:cdef'])
  await until(() => /ff02::1:ffab:cdef/.test(bridge('bridge', 'mdb', 'show')))
  assert.match(client!.run('ndisc6', '-r', '5', '2001:db8::ab:cdef', 'eth0'), /02:00:00:00:00:02/i)
})

test('replies come nearly as fast as from the kernel itself', async (context) => {
  await announcing(first!, [VIP])
  const kernel = ask(first!.ipv4, 300)
  const responder = ask(VIP, 300)
  const describe = (name: string, micros: readonly number[]): string =>
    `${name}: p50 ${quantile(micros, 0.5)} µs, p99 ${quantile(micros, 0.99)} µs, worst ${quantile(micros, 1)} µs`
  context.diagnostic(describe('kernel', kernel))
  context.diagnostic(describe('responder', responder))
  assert.equal(responder.length, 300)
  assert.ok(quantile(responder, 0.5) < 5000, describe('responder', responder))
})

test('a gratuitous announcement moves the entries of neighbours to the new host at once', async (context) => {
  const nodes = [
    { host: first!, responder: await startedResponder(first!) },
    { host: second!, responder: await startedResponder(second!) },
  ]
  for (const address of [VIP, VIP6]) {
    for (const { host } of nodes) {
      // As kube-proxy wants it for strictARP: the kernel has the address and keeps quiet about it.
      host.sysctl('net.ipv4.conf.all.arp_ignore', '1')
      host.run('ip', 'addr', 'add', `${address}/${address === VIP ? 32 : 128}`, 'dev', 'lo')
      host.start(process.execPath, [`${PARTS}udp-answerer.ts`, host.name, address, '7777'])
    }
    nodes[0]!.responder.announce([address], [address])
    const answers: { readonly from: string; readonly atMs: number }[] = []
    const asker = client!.start(process.execPath, [`${PARTS}udp-asker.ts`, address, '7777', '2'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    asker.stdout!.on('data', (text: Buffer) => {
      for (const [, from = '', at = ''] of text.toString().matchAll(/(\w+) (\d+)\n/g))
        answers.push({ from, atMs: Number(at) })
    })
    await until(() => answers.at(-1)?.from === first!.name)
    const took: number[] = []
    for (let round = 1; round <= 20; round += 1) {
      const [to, from] = round % 2 === 1 ? [nodes[1]!, nodes[0]!] : [nodes[0]!, nodes[1]!]
      const seen = answers.length
      const startMs = Date.now()
      to.responder.announce([address], [address])
      from.responder.announce([])
      await until(() => answers.slice(seen).some((answer) => answer.from === to.host.name))
      took.push(answers.slice(seen).find((answer) => answer.from === to.host.name)!.atMs - startMs)
      // More than the longest time for which a kernel keeps an entry against changes.
      await until(() => Date.now() - startMs > 300)
    }
    asker.kill('SIGKILL')
    context.diagnostic(
      `${address}: command to first answer of the new host, median ${quantile(took, 0.5)} ms, worst of 20 ${quantile(took, 1)} ms`,
    )
    assert.ok(quantile(took, 0.5) <= 500, took.join(' '))
    for (const { host } of nodes) host.run('ip', 'addr', 'del', `${address}/${address === VIP ? 32 : 128}`, 'dev', 'lo')
  }
})

for (const [what, cut] of [
  ['the interface was down', (host: Host, state: 'up' | 'down'): void => host.setLink(state)],
  ['the cable was out', (host: Host, state: 'up' | 'down'): void => host.setCable(state)],
] as const) {
  test(`once ${what}, neighbours are told again within a second`, async (context) => {
    await announcing(first!, [VIP, VIP6])
    const took: number[] = []
    for (let round = 0; round < 20; round += 1) {
      for (const address of [VIP, VIP6])
        client!.run('ip', 'neigh', 'replace', address, 'lladdr', second!.mac, 'dev', 'eth0', 'nud', 'stale')
      cut(first!, 'down')
      const startMs = Date.now()
      cut(first!, 'up')
      await until(() => client!.neighbour(VIP) === first!.mac && client!.neighbour(VIP6) === first!.mac)
      took.push(Date.now() - startMs)
    }
    context.diagnostic(`median ${quantile(took, 0.5)} ms, worst of 20 ${quantile(took, 1)} ms`)
    assert.ok(quantile(took, 0.5) <= 1000, took.join(' '))
    assert.match(client!.run('ndisc6', '-r', '5', VIP6, 'eth0'), /02:00:00:00:00:02/i)
  })
}

for (const [target, what] of [
  [VIP, 'for the announced address'],
  ['192.0.2.101', 'for another address'],
] as const) {
  test(`10,000 requests a second ${what} do not keep it from answering`, async (context) => {
    const responder = await announcing(first!, [VIP])
    const cpuBefore = cpuMs(responder)
    const storm = second!.start(process.execPath, [`${PARTS}l2-storm.ts`, target, '10000', '5'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(storm.stdout!, 'data')
    const sent = once(storm.stdout!, 'data')
    const micros = ask(VIP, 200)
    const total = Number((await sent)[0])
    const { addresses, framesReceived } = await responder.stats()
    const cpu = cpuMs(responder) - cpuBefore
    context.diagnostic(
      `${total} sent, ${framesReceived} passed the filter, ${addresses[0]?.responsesSent} answered, CPU ${cpu} ms; ` +
        `replies p50 ${quantile(micros, 0.5)} µs, p99 ${quantile(micros, 0.99)} µs, worst ${quantile(micros, 1)} µs`,
    )
    // Fewer than asked for where the machine has no time to send more.
    assert.ok(total > 10_000, `${total} sent`)
    assert.ok(micros.length >= 198, `${micros.length} of 200 answered`)
    if (target !== VIP) assert.ok(framesReceived < total / 10, `${framesReceived} of ${total} passed`)
  })
}

test('an address that another host has is not announced until that host is gone', async () => {
  for (const [address, length] of [
    [VIP, 24],
    [VIP6, 64],
  ] as const) {
    second!.run('ip', 'addr', 'add', `${address}/${length}`, 'dev', 'eth0', ...(address === VIP ? [] : ['nodad']))
    const responder = await startedResponder(first!, {
      probe: { count: 3, intervalMs: 100, waitMs: 200, retryMs: 1000 },
    })
    responder.announce([address])
    const conflict = await responder.event(({ kind }) => kind === 'conflict')
    assert.deepEqual(
      { ...conflict, atMs: 0 },
      { kind: 'conflict', address, interface: 'eth0', mac: second!.mac, atMs: 0 },
    )
    poke(client!, address)
    await until(() => client!.neighbour(address) === second!.mac)
    assert.ok(!responder.events.some(({ kind }) => kind === 'announced'))
    second!.run('ip', 'addr', 'del', `${address}/${length}`, 'dev', 'eth0')
    await responder.event(({ kind }) => kind === 'announced')
    await until(() => client!.neighbour(address) === first!.mac)
    await responder.close()
  }
})

test('addresses that this host itself has on its loopback are no conflict', async () => {
  first!.run('ip', 'addr', 'add', `${VIP}/32`, 'dev', 'lo')
  first!.run('ip', 'addr', 'add', `${VIP6}/128`, 'dev', 'lo')
  const responder = await startedResponder(first!)
  responder.announce([VIP, VIP6])
  for (const address of [VIP, VIP6])
    await responder.event((event) => event.kind === 'announced' && event.address === address)
  assert.ok(!responder.events.some(({ kind }) => kind === 'conflict'))
  first!.run('ip', 'addr', 'del', `${VIP}/32`, 'dev', 'lo')
  first!.run('ip', 'addr', 'del', `${VIP6}/128`, 'dev', 'lo')
})

test('another host that says to have an announced address is told of, and a host that yields is followed', async () => {
  const nodes = [await announcing(first!, [VIP, VIP6]), await startedResponder(second!)]
  const startMs = Date.now()
  nodes[1]!.announce([VIP, VIP6], [VIP, VIP6])
  for (const address of [VIP, VIP6]) {
    const event = await nodes[0]!.event((seen) => seen.kind === 'foreign' && seen.address === address)
    assert.ok(event.kind === 'foreign' && event.mac === second!.mac && event.ownMac === first!.mac)
    assert.ok(event.atMs - startMs < 10_000)
  }
  for (const address of [VIP, VIP6]) nodes[0]!.tell({ kind: 'withdraw', address })
  // Those who still believe the first are set right by the second when it announces again.
  for (const address of [VIP, VIP6]) {
    poke(client!, address)
    nodes[1]!.tell({ kind: 'defend', address })
    await until(() => client!.neighbour(address) === second!.mac)
  }
})

test('interfaces that come later are used, and one that is excluded is not', async () => {
  const responder = await announcing(first!, [VIP])
  first!.run('ip', 'link', 'add', 'eth9', 'type', 'veth', 'peer', 'name', 'lxc9')
  first!.run('ip', 'link', 'add', 'docker7', 'type', 'bridge')
  for (const name of ['eth9', 'lxc9', 'docker7']) first!.run('ip', 'link', 'set', name, 'up')
  const told = await responder.event(
    (event) =>
      event.kind === 'interfaces' &&
      event.interfaces.some(({ name, unusedReason }) => name === 'eth9' && unusedReason === ''),
  )
  assert.ok(told.kind === 'interfaces')
  await responder.event((event) => event.kind === 'announced' && event.interfaces.join(' ') === 'eth0 eth9')
  assert.deepEqual(
    told.interfaces
      .filter(({ unusedReason }) => unusedReason === 'excluded')
      .map(({ name }) => name)
      .sort(),
    ['docker7', 'lo', 'lxc9'],
  )
  const eth0 = told.interfaces.find(({ name }) => name === 'eth0')
  assert.ok(eth0?.addresses.some(({ address, prefixLength }) => address === first!.ipv4 && prefixLength === 24))
  for (const name of ['eth9', 'docker7']) first!.run('ip', 'link', 'del', name)
})

test('hostile frames change nothing about what is announced', async (context) => {
  const responder = await announcing(first!, [VIP, VIP6])
  const seed = process.pid
  second!.run(process.execPath, `${PARTS}l2-hostile.ts`, VIP, VIP6, '20000', String(seed))
  assert.match(client!.run('arping', '-f', '-w', '30', '-I', 'eth0', VIP), /02:00:00:00:00:02/i)
  assert.match(client!.run('ndisc6', '-r', '5', VIP6, 'eth0'), /02:00:00:00:00:02/i)
  const { addresses, framesReceived, framesIgnored } = await responder.stats()
  context.diagnostic(
    `seed ${seed}: ${framesReceived} passed the filter, ${framesIgnored} ignored, ${responder.events.length} events`,
  )
  assert.deepEqual(
    addresses.map(({ address }) => address),
    [VIP, VIP6],
  )
  assert.ok(framesIgnored > 0 && addresses.every(({ foreignSeen }) => foreignSeen > 0))
  assert.ok(responder.events.every(({ kind }) => ['interfaces', 'ready', 'announced', 'foreign'].includes(kind)))
  assert.ok(responder.events.length < 1000, `${responder.events.length} events`)
})

test('thousands of addresses are taken over within seconds, and the last of them is answered for', async (context) => {
  const responder = await startedResponder(first!)
  const v4 = Array.from({ length: 4000 }, (_, index) => `198.18.${Math.floor(index / 250)}.${index % 250}`)
  const v6 = Array.from({ length: 1000 }, (_, index) => `2001:db8:1::${index.toString(16)}:1`)
  const all = [...v4, ...v6]
  const startMs = Date.now()
  responder.announce(all, all)
  await until(() => responder.events.filter(({ kind }) => kind === 'announced').length === all.length)
  const [last4, last6] = [v4.at(-1)!, v6.at(-1)!]
  assert.match(client!.run('arping', '-f', '-w', '30', '-I', 'eth0', last4), /02:00:00:00:00:02/i)
  assert.match(client!.run('ndisc6', '-r', '5', last6, 'eth0'), /02:00:00:00:00:02/i)
  context.diagnostic(`both answered ${Date.now() - startMs} ms after the command`)
  for (;;) {
    const { addresses, sendFailures } = await responder.stats()
    const once = addresses.filter(({ gratuitousSent }) => gratuitousSent > 0).length
    if (once < all.length) continue
    context.diagnostic(
      `all were announced once ${Date.now() - startMs} ms after the command, ${sendFailures} sends refused`,
    )
    break
  }
  const memory = first!.run('cat', `/proc/${responder.process.pid}/status`)
  context.diagnostic(`resident: ${/VmRSS:\s+(\d+)/.exec(memory)?.[1]} KiB`)
  assert.deepEqual(
    responder.events.filter(({ kind }) => kind === 'trouble'),
    [],
  )
})

test('answers do not wait for the rest of the process', async () => {
  const responder = await announcing(first!, [VIP])
  responder.tell({ kind: 'block', ms: 6000 })
  const startMs = Date.now()
  const micros = ask(VIP, 100)
  assert.ok(Date.now() - startMs < 6000, 'asked for longer than the process was busy')
  assert.equal(micros.length, 100)
})

test('interfaces take every frame where that is wished, until the responder ends', async () => {
  const responder = await startedResponder(first!, { isPromiscuous: true, probe: null })
  responder.announce([VIP])
  await responder.event(({ kind }) => kind === 'announced')
  await until(() => /promiscuity 1/.test(first!.run('ip', '-d', 'link', 'show', 'eth0')))
  await responder.close()
  assert.match(first!.run('ip', '-d', 'link', 'show', 'eth0'), /promiscuity 0/)
})

test('the capability NET_RAW alone is enough', async () => {
  const rights = ['setpriv', '--bounding-set', '-all,+net_raw', '--inh-caps', '-all,+net_raw']
  const responder = await startResponder(first!, { isPromiscuous: true }, rights)
  running.push(responder)
  responder.announce([VIP, VIP6])
  for (const address of [VIP, VIP6])
    await responder.event((event) => event.kind === 'announced' && event.address === address)
  assert.match(client!.run('arping', '-f', '-w', '30', '-I', 'eth0', VIP), /02:00:00:00:00:02/i)
  assert.match(client!.run('ndisc6', '-r', '5', VIP6, 'eth0'), /02:00:00:00:00:02/i)
  assert.ok(!responder.events.some(({ kind }) => kind === 'trouble'))
  // Not those of a user without any: what it may do is really little.
  assert.match(first!.run('cat', `/proc/${responder.process.pid}/status`), /CapEff:\s+0000000000002000/)
})

test('without NET_RAW it says so and ends', async () => {
  const rights = ['--bounding-set', '-net_raw', '--inh-caps', '-net_raw']
  const child = first!.start('setpriv', [...rights, process.execPath, `${PARTS}l2-responder-process.ts`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [text] = (await once(child.stdout!, 'data')) as [Buffer]
  const { kind, code, message } = JSON.parse(text.toString()) as Record<string, string>
  assert.deepEqual([kind, code], ['failed', 'NOT_PERMITTED'])
  assert.match(message!, /^Cannot open a packet socket: EPERM; it needs the capability NET_RAW/)
})

async function startedResponder(host: Host, settings = {}): Promise<TestedResponder> {
  const responder = await startResponder(host, settings)
  running.push(responder)
  return responder
}

/** A responder whose first announcements are out. */
async function announcing(host: Host, addresses: readonly string[]): Promise<TestedResponder> {
  const responder = await startedResponder(host)
  responder.announce(addresses)
  for (const address of addresses)
    await responder.event((event) => event.kind === 'announced' && event.address === address)
  return responder
}

/** Microseconds until each answer. */
function ask(address: string, count: number): readonly number[] {
  const output = client!.run(
    process.execPath,
    `${PARTS}l2-asker.ts`,
    address,
    String(count),
    '10',
    client!.mac,
    client!.ipv4,
  )
  return (JSON.parse(output) as readonly (number | null)[]).filter((value) => value !== null)
}

/** Makes the kernel look for a neighbour. */
function poke(host: Host, address: string): void {
  host.attempt('bash', '-c', `echo > /dev/udp/${address}/9`)
}

function cpuMs(responder: TestedResponder): number {
  const output = first!.run('cat', `/proc/${responder.process.pid}/stat`)
  const fields = output.slice(output.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Looks every few milliseconds. @throws {Error} after 30 s */
async function until(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`Not so within 30 s: ${isSo.toString()}`)
    await new Promise((resolve) => {
      setTimeout(resolve, 2)
    })
  }
}
