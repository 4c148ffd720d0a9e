import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Secret } from '../../src/base/secret.ts'
import { OWN_V4, OWN_V6, addPeerHost, closePeerHosts, giveFolder, type PeerHost } from './parts/bgp-hosts.ts'
import { MY_ASN, PEER_ASN, closeSessions, toPeer, toRoute, until, watchSession } from './parts/bgp-peer.ts'

after(async () => {
  await closeSessions()
  closePeerHosts()
})

interface Frr {
  readonly ask: (command: string) => string
  readonly shows: (command: string, pattern: RegExp) => Promise<string>
}

async function startFrr(host: PeerHost, neighborExtra = ''): Promise<Frr> {
  const config = join(host.folder, 'bgpd.conf')
  const extra = neighborExtra === '' ? '' : [OWN_V4, OWN_V6].map((ip) => ` neighbor ${ip} ${neighborExtra}`).join('\n')
  writeFileSync(
    config,
    `router bgp ${PEER_ASN}
 bgp router-id ${host.v4}
 no bgp ebgp-requires-policy
 no bgp network import-check
 bgp graceful-restart-helper
 neighbor ${OWN_V4} remote-as ${MY_ASN}
 neighbor ${OWN_V6} remote-as ${MY_ASN}
 neighbor ${OWN_V4} timers connect 1
 neighbor ${OWN_V6} timers connect 1
${extra}
 address-family ipv4 unicast
  neighbor ${OWN_V4} activate
  network 198.51.100.0/24
 exit-address-family
 address-family ipv6 unicast
  neighbor ${OWN_V6} activate
 exit-address-family
`,
  )
  // It gives up root.
  chmodSync(host.folder, 0o755)
  giveFolder(host.folder, 'frr')
  giveFolder(config, 'frr')
  host.start('/usr/lib/frr/bgpd', '-Z', '-n', '-f', config, '-i', join(host.folder, 'pid'), '--vty_socket', host.folder)
  const ask = (command: string): string => host.run('vtysh', '--vty_socket', host.folder, '-d', 'bgpd', '-c', command)
  const tryAsk = (command: string): string => {
    try {
      return ask(command)
    } catch {
      return ''
    }
  }
  await until(() => tryAsk('show bgp summary').includes(OWN_V4), 'bgpd', 100)
  return {
    ask,
    async shows(command, pattern) {
      let text = ''
      await until(() => pattern.test((text = ask(command))), `${command} to show ${pattern}`, 100)
      return text
    },
  }
}

test('FRR learns routes of both families with communities of both sizes, and is told the end', async () => {
  const host = addPeerHost()
  const frr = await startFrr(host)
  const communities = [
    { kind: 'standard' as const, value: (65000 << 16) + 7 + 2 ** 32 },
    { kind: 'large' as const, values: [4200000000, 1, 2] as const },
  ]
  const routes = [
    toRoute('192.0.2.10/32', { communities }),
    toRoute('192.0.2.11/32'),
    toRoute('2001:db8::10/128', { communities }),
  ]
  const sessions = [toPeer(host.v4), toPeer(host.v6)].map((peer) => watchSession(peer, { shutdownText: 'going home' }))
  for (const { session } of sessions) {
    session.setRoutes(routes)
    session.start()
  }
  await Promise.all(sessions.map((each) => each.reaches('established')))
  await frr.shows('show bgp ipv4 unicast', /192\.0\.2\.10\/32[^]*192\.0\.2\.11\/32/)
  const four = ['show bgp ipv4 unicast 192.0.2.10/32', 'show bgp ipv6 unicast 2001:db8::10/128']
  for (const command of four) {
    const text = await frr.shows(command, /Community/)
    assert.match(text, /Community: 65000:7/)
    assert.match(text, /Large Community: 4200000000:1:2/)
    assert.match(text, /valid/)
  }
  await until(() => sessions[0]?.session.status().counters.updatesReceived !== 0, "FRR's own route")

  for (const { session } of sessions) session.setRoutes([toRoute('192.0.2.11/32')])
  await frr.shows('show bgp ipv4 unicast', /^(?![^]*192\.0\.2\.10)[^]*192\.0\.2\.11/)
  await frr.shows('show bgp ipv6 unicast', /^(?![^]*2001:db8::10)/)
  frr.ask(`clear bgp ipv4 unicast ${OWN_V4} soft in`)
  await until(() => sessions[0]?.session.status().counters.routeRefreshesReceived === 1, 'the route refresh')
  await Promise.all(sessions.map(({ session }) => session.close()))
  await frr.shows(`show bgp neighbors ${OWN_V4}`, /Cease\/Administrative Shutdown/)
})

test('FRR takes a signed session with the right password only', async () => {
  const host = addPeerHost()
  const frr = await startFrr(host, 'password s3cret-of-peers')
  const password = { kind: 'inline' as const }
  const wrong = watchSession(toPeer(host.v4, { password }), { password: new Secret(Buffer.from('s3cret-of-peer')) })
  wrong.session.start()
  await wrong.reaches('active')
  assert.equal(wrong.session.status().counters.opensSent, 0)
  await wrong.session.close()
  const right = watchSession(toPeer(host.v4, { password }), { password: new Secret(Buffer.from('s3cret-of-peers')) })
  right.session.setRoutes([toRoute('192.0.2.10/32')])
  right.session.start()
  await right.reaches('established')
  await frr.shows('show bgp ipv4 unicast', /192\.0\.2\.10\/32/)
})

test('FRR keeps routes over a restart where graceful restart is on', async () => {
  const host = addPeerHost()
  const frr = await startFrr(host)
  const peer = toPeer(host.v4, { hasGracefulRestart: true })
  const first = watchSession(peer)
  first.session.setRoutes([toRoute('192.0.2.10/32'), toRoute('192.0.2.99/32')])
  first.session.start()
  await first.reaches('established')
  await frr.shows('show bgp ipv4 unicast', /192\.0\.2\.10\/32[^]*192\.0\.2\.99\/32/)
  assert.equal(first.session.status().negotiated?.keepsRoutes, true)
  await first.session.close('restart')
  await frr.shows('show bgp ipv4 unicast', /S[^\n]*192\.0\.2\.10\/32/)
  const second = watchSession(peer)
  second.session.setRoutes([toRoute('192.0.2.10/32')])
  second.session.start()
  await second.reaches('established')
  const table = await frr.shows('show bgp ipv4 unicast', /^(?![^]*192\.0\.2\.99)/)
  assert.match(table, /192\.0\.2\.10\/32/)
})
