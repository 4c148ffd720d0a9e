/** The webhook for MetalLB's kinds, and both versions of BGPPeer, by a real API server. Tests for a suite that has a cluster. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { findFreePort } from '../../support/free-port.ts'
import type { Program } from '../../support/program.ts'
import { createTemporaryFolder } from '../../support/temporary-folder.ts'
import { pollUntil } from './poll.ts'
import { untilAllowed } from './rights.ts'
import type { TestCluster } from './test-cluster.ts'

const CRDS = readFileSync(new URL('../../../deploy/metal/crds.yaml', import.meta.url), 'utf8')
const WEBHOOK = readFileSync(new URL('../../../deploy/manifests/genkan-metal-webhook.yaml', import.meta.url), 'utf8')
const SERVICE = /service: \{[^}]*\}/
const PEERS = 'namespaces/metallb-system/bgppeers'
/** As MetalLB has it: objects are stored in the old version, and a program that is gone converts. */
const AS_BEFORE = [
  { op: 'replace', path: '/spec/versions/0/storage', value: false },
  { op: 'replace', path: '/spec/versions/1/storage', value: true },
  {
    op: 'add',
    path: '/spec/conversion',
    value: {
      strategy: 'Webhook',
      webhook: {
        conversionReviewVersions: ['v1beta1', 'v1beta2'],
        clientConfig: { service: { namespace: 'metallb-system', name: 'metallb-webhook-service', path: '/convert' } },
      },
    },
  },
]

interface Peer {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> }
  readonly spec: Readonly<Record<string, unknown>>
}

function object(kind: string, name: string, spec: object, version = 'v1beta1', namespace = 'metallb-system'): string {
  return JSON.stringify({ apiVersion: `metallb.io/${version}`, kind, metadata: { name, namespace }, spec })
}

function pool(name: string, ...addresses: readonly string[]): string {
  return object('IPAddressPool', name, { addresses })
}

function peer(name: string, address: string, version: string, rest: object = {}): string {
  return object('BGPPeer', name, { myASN: 64512, peerASN: 64513, peerAddress: address, ...rest }, version)
}

/**
 * @param account `namespace:name` of the programs
 * @param start of a controller with more flags, that no other one runs beside
 */
export function testMetalWebhook(
  cluster: () => TestCluster,
  account: string,
  start: (...flags: readonly string[]) => Promise<Program>,
): void {
  /** Complaint of kubectl, warnings too; empty when it was applied. */
  const tryApply = async (manifest: string, ...flags: readonly string[]): Promise<string> => {
    using folder = createTemporaryFolder()
    const file = folder.file('manifest.json')
    writeFileSync(file, manifest)
    return await complaintOf(cluster().kubectl('apply', '-f', file, ...flags))
  }
  /** While the webhook cannot answer in time objects are allowed: what is refused is asked until it is. */
  const isRefused = async (manifest: string, sentence: RegExp): Promise<void> => {
    let last = ''
    await pollUntil(async () => {
      last = await tryApply(manifest, '--dry-run=server')
      return last.includes('denied the request')
    }, `a refusal of ${manifest}`)
    assert.match(last, sentence)
  }
  const peerIn = (version: string, name: string): Promise<Peer> =>
    cluster().api.get<Peer>(`/apis/metallb.io/${version}/${PEERS}/${name}`)

  test('the webhook makes its certificate, and is asked', async () => {
    await pollUntil(async () => (await complaintOf(cluster().apply(CRDS))) === '', 'the kinds')
    await cluster().kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s')
    const port = await findFreePort()
    await cluster().apply(WEBHOOK.replace(SERVICE, `url: https://127.0.0.1:${port}/metallb.io`))
    const configuration = { group: 'admissionregistration.k8s.io', resource: 'validatingwebhookconfigurations' }
    await untilAllowed(cluster(), account, [
      { verb: 'update', name: 'genkan-metal', ...configuration },
      { verb: 'create', resource: 'secrets', namespace: 'genkan' },
      { verb: 'list', group: 'metallb.io', resource: 'ipaddresspools', namespace: 'metallb-system' },
    ])
    await start(`--validating-webhook=127.0.0.1:${port}`)
    await pollUntil(async () => (await complaintOf(cluster().apply(pool('edge', '198.51.100.0/28')))) === '', 'a pool')
    await isRefused(pool('probe', '198.51.100.99-198.51.100.90'), /Cannot use spec\.addresses\[0\]: it runs backwards/)
  })

  test('a pool that overlaps is refused in a sentence, and stored when it is mended', async () => {
    await isRefused(
      pool('more', '198.51.100.15-198.51.100.20'),
      /metal\.genkan\.dev" denied the request: Cannot use spec\.addresses\[0\]: pool edge has 198\.51\.100\.15 too/,
    )
    assert.equal(await tryApply(pool('more', '198.51.100.16-198.51.100.20')), '')
    assert.match(await cluster().kubectl('get', 'ipaddresspool', 'more', '-n', 'metallb-system', '-o', 'name'), /more/)
  })

  test('what it names may come later, with a warning until then', async () => {
    const early = object('BGPAdvertisement', 'early', { ipAddressPools: ['late'], communities: ['vpn'] })
    await pollUntil(async () => {
      const complaint = await tryApply(early, '--dry-run=server', '--warnings-as-errors')
      return complaint.includes('no IPAddressPool "late"') && complaint.includes('no community named "vpn"')
    }, 'warnings')
    assert.equal(await tryApply(early), '')
    assert.equal(await tryApply(pool('late', '198.51.100.64/28')), '')
    await isRefused(
      object('BGPAdvertisement', 'wide', { ipAddressPools: ['late'], aggregationLength: 26 }),
      /26 is shorter than the prefix of 198\.51\.100\.64\/28 in late/,
    )
  })

  test('an object where nobody reads it is refused', async () => {
    const lost = object('IPAddressPool', 'lost', { addresses: ['198.51.100.32/28'] }, 'v1beta1', 'shop')
    await isRefused(lost, /IPAddressPool shop\/lost: it would not be read; objects .* are read in metallb-system alone/)
  })

  test('a BFD profile goes when nobody uses it', async () => {
    assert.equal(await tryApply(peer('router', '203.0.113.1', 'v1beta2', { bfdProfile: 'fast' })), '')
    assert.equal(await tryApply(object('BFDProfile', 'fast', {})), '')
    const remove = (...flags: readonly string[]): Promise<string> =>
      complaintOf(cluster().kubectl('delete', 'bfdprofile', 'fast', '-n', 'metallb-system', ...flags))
    let last = ''
    await pollUntil(async () => {
      last = await remove('--dry-run=server')
      return last !== ''
    }, 'a refusal')
    assert.match(last, /Cannot delete BFDProfile metallb-system\/fast: BGPPeer metallb-system\/router uses it/)
    assert.equal(await tryApply(peer('router', '203.0.113.1', 'v1beta2')), '')
    assert.equal(await remove(), '')
  })

  test('a peer is read in both versions, whichever it is written in', async () => {
    const times = { holdTime: '0s', keepaliveTime: '10s' }
    assert.equal(await tryApply(peer('old', '203.0.113.2', 'v1beta1', { ...times, peerPort: 0 })), '')
    assert.deepEqual((await peerIn('v1beta2', 'old')).spec['holdTime'], '0s')
    // Nobody wrote in this version that there is to be no hold time: the default counts, and the peer is used.
    await cluster().kubectl('label', 'bgppeers.v1beta2.metallb.io', 'old', '-n', 'metallb-system', 'rack=a')
    await isRefused(peer('new', '203.0.113.3', 'v1beta2', times), /10 s is longer than the hold time of 0 s/)
    await isRefused(peer('same', '203.0.113.2', 'v1beta1'), /old is 203\.0\.113\.2 port 179 on the same nodes/)
    assert.equal(await tryApply(peer('new', '203.0.113.3', 'v1beta2', { connectTime: '5s' })), '')
    assert.deepEqual((await peerIn('v1beta1', 'new')).spec, (await peerIn('v1beta2', 'new')).spec)
    await cluster().kubectl('delete', 'bgppeers.v1beta1.metallb.io', '--all', '-n', 'metallb-system')
  })

  test('peers that MetalLB stored in the old version are read when our kinds replace its own', async () => {
    const patch = JSON.stringify(AS_BEFORE)
    await cluster().kubectl('patch', 'crd', 'bgppeers.metallb.io', '--type=json', '-p', patch)
    let stored = ''
    let tries = 0
    await pollUntil(async () => {
      tries++
      stored = `stored-${tries}`
      const written = await complaintOf(cluster().apply(peer(stored, `2001:db8::${tries}`, 'v1beta1')))
      // Whose conversion fails is stored in the old version; the server takes a moment to do so.
      return written === '' && /conversion/.test(await complaintOf(peerIn('v1beta2', stored)))
    }, 'a peer in the old version')
    assert.equal(await complaintOf(cluster().apply(CRDS)), '')
    await pollUntil(
      async () => (await complaintOf(peerIn('v1beta2', stored))) === '',
      'the peer in the version of today',
    )
    const { spec } = await peerIn('v1beta2', stored)
    assert.equal(spec['peerASN'], 64_513)
    assert.equal(spec['peerPort'], 179)
    await cluster().kubectl('label', 'bgppeers.v1beta2.metallb.io', stored, '-n', 'metallb-system', 'rack=b')
    assert.equal((await peerIn('v1beta1', stored)).metadata.labels?.['rack'], 'b')
    await isRefused(
      peer('twin', String(spec['peerAddress']), 'v1beta2'),
      new RegExp(`${stored} is 2001:db8::[0-9]+ port 179 on the same nodes`),
    )
  })
}

async function complaintOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return ''
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
