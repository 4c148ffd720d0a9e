import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { OWN_V4, OWN_V6, addPeerHost } from './parts/bgp-hosts.ts'
import { MY_ASN, PEER_ASN, closeSessions, toPeer, toRoute, until, watchSession } from './parts/bgp-peer.ts'

const host = addPeerHost()
after(async () => {
  await closeSessions()
  host.close()
})

test('GoBGP learns routes of both families with communities of both sizes, and is told the end', async () => {
  const config = join(host.folder, 'gobgpd.toml')
  const neighbor = (address: string, family: string): string => `
[[neighbors]]
  [neighbors.config]
    neighbor-address = "${address}"
    peer-as = ${MY_ASN}
  [neighbors.transport.config]
    passive-mode = true
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "${family}"
`
  writeFileSync(
    config,
    `[global.config]
  as = ${PEER_ASN}
  router-id = "${host.v4}"
${neighbor(OWN_V4, 'ipv4-unicast')}${neighbor(OWN_V6, 'ipv6-unicast')}`,
  )
  host.start('gobgpd', '-f', config, '--api-hosts', '127.0.0.1:50051', '-p')
  const ask = (...words: string[]): string => {
    try {
      return host.run('gobgp', ...words)
    } catch {
      return ''
    }
  }
  await until(() => ask('neighbor').includes(OWN_V6), 'gobgpd', 100)
  const communities = [
    { kind: 'standard' as const, value: 65000 * 65536 + 7 },
    { kind: 'large' as const, values: [4200000000, 1, 2] as const },
  ]
  const routes = [toRoute('192.0.2.10/32', { communities }), toRoute('2001:db8::10/128', { communities })]
  const sessions = [toPeer(host.v4), toPeer(host.v6)].map((peer) => watchSession(peer))
  for (const { session } of sessions) {
    session.setRoutes(routes)
    session.start()
  }
  await Promise.all(sessions.map((each) => each.reaches('established')))
  for (const [family, prefix] of [
    ['ipv4', '192.0.2.10/32'],
    ['ipv6', '2001:db8::10/128'],
  ] as const) {
    await until(() => ask('global', 'rib', '-a', family).includes(prefix), `${prefix} in the table`, 100)
    const table = ask('global', 'rib', '-a', family)
    assert.match(table, /65000:7/)
    assert.match(table, /4200000000:1:2/)
  }
  for (const { session } of sessions) session.setRoutes([])
  await until(() => !ask('global', 'rib', '-a', 'ipv6').includes('2001:db8::10'), 'the withdrawal', 100)
  await until(() => !ask('global', 'rib').includes('192.0.2.10'), 'the withdrawal', 100)
  assert.equal(sessions[0]?.session.status().state, 'established')
  await Promise.all(sessions.map(({ session }) => session.close()))
  await until(() => !/Establ/.test(ask('neighbor')), 'the end', 100)
})
