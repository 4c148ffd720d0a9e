/** Addresses for Services on bare metal, by a real API server: given, kept, handed on, renumbered, and never given twice. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import { type Program, startProgram } from '../support/program.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { eventsAbout, readState, untilState } from './parts/configuration-state.ts'
import { formatKubeconfig } from './parts/credentials.ts'
import { testMetalWebhook } from './parts/metal-webhook.ts'
import { pollUntil } from './parts/poll.ts'
import { untilAllowed } from './parts/rights.ts'
import { PROGRAM } from './parts/serve-process.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

const MANIFEST = readFileSync(new URL('../../deploy/manifests/genkan-metal.yaml', import.meta.url), 'utf8')
const SPACES = ['shop', 'team', 'many'].map((name) => `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name} }\n`)

interface RawService {
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly annotations?: Record<string, string>
  }
  readonly status: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } }
}

function pool(name: string, addresses: string, rest = ''): string {
  return `---
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: { name: ${name}, namespace: metallb-system }
spec: { addresses: [${addresses}]${rest} }
`
}

function service(name: string, namespace = 'shop', annotations = '', rest = ''): string {
  return `---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: ${namespace}, annotations: {${annotations}} }
spec: { type: LoadBalancer, selector: { app: web }, ports: [{ port: 80 }]${rest} }
`
}

suite('addresses on bare metal', () => {
  let cluster: TestCluster
  const programs = new Set<Program>()
  const folder = createTemporaryFolder()
  /** Of an account that has just the rights that are asked for. */
  const kubeconfig = folder.file('kubeconfig')

  const start = async (podName: string, ...flags: readonly string[]): Promise<Program> => {
    const program = await startProgram(
      process.execPath,
      [
        PROGRAM,
        'serve',
        '--provider=metal',
        `--kubeconfig=${kubeconfig}`,
        '--admin-port=0',
        '--leader-election-ttl=3',
        ...flags,
      ],
      { env: { POD_NAME: podName, POD_NAMESPACE: 'genkan' } },
    )
    programs.add(program)
    await program.waitForLine(/^\{"event":"ready"/, 60_000)
    return program
  }
  const stop = async (program: Program, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    programs.delete(program)
    await program.stop(signal)
  }
  const read = async (name: string, namespace = 'shop'): Promise<RawService> =>
    await cluster.api.get<RawService>(`/api/v1/namespaces/${namespace}/services/${name}`)
  const addresses = ({ status }: RawService): string =>
    (status.loadBalancer?.ingress ?? []).map(({ ip }) => ip ?? '').join(',')
  const has = async (name: string, expected: string | RegExp, namespace = 'shop'): Promise<void> => {
    let found = ''
    await pollUntil(
      async () => {
        found = addresses(await read(name, namespace))
        return typeof expected === 'string' ? found === expected : expected.test(found)
      },
      `Service ${namespace}/${name} has ${String(expected)}`,
    ).catch((error: unknown) => {
      throw new Error(`Service ${namespace}/${name} has ${found}`, { cause: error })
    })
  }
  /** Ours: the API server has its own about addresses of Services. */
  const events = async (name: string, namespace = 'shop'): Promise<readonly string[]> => {
    const about = `involvedObject.kind=Service,involvedObject.name=${name},source=metallb-controller`
    const selector = encodeURIComponent(about)
    const { items } = await cluster.api.get<{
      readonly items: readonly { readonly type: string; readonly reason: string; readonly message: string }[]
    }>(`/api/v1/namespaces/${namespace}/events?fieldSelector=${selector}`)
    return items.map(({ type, reason, message }) => `${type} ${reason} ${message}`)
  }
  const remove = (name: string, namespace = 'shop'): Promise<string> =>
    cluster.kubectl('delete', 'service', name, '-n', namespace)

  before(async () => {
    cluster = await startTestCluster()
    await cluster.apply(MANIFEST)
    await cluster.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s')
    await cluster.apply(SPACES.join('---\n'))
    const account = 'genkan:genkan-metal'
    await untilAllowed(cluster, account, [
      { verb: 'patch', resource: 'services', subresource: 'status' },
      { verb: 'list', group: 'metallb.io', resource: 'ipaddresspools', namespace: 'metallb-system' },
      { verb: 'create', group: 'coordination.k8s.io', resource: 'leases', namespace: 'genkan' },
    ])
    const token = (await cluster.kubectl('create', 'token', 'genkan-metal', '-n', 'genkan')).trim()
    writeFileSync(kubeconfig, formatKubeconfig(cluster.url, cluster.credentials.authority.certPem, token))
  })
  after(async () => {
    await Promise.all([...programs].map((program) => program.stop()))
    await cluster.stop()
    folder[Symbol.dispose]()
  })

  test('a Service gets an address of a pool, with annotation, Event and the numbers of the pool', async () => {
    await cluster.apply(pool('lab', '192.0.2.10-192.0.2.12'))
    await start('metal-a')
    await cluster.apply(service('one'))
    await has('one', '192.0.2.10')
    assert.equal((await read('one')).metadata.annotations?.['metallb.io/ip-allocated-from-pool'], 'lab')
    await pollUntil(
      async () => (await events('one')).includes('Normal IPAllocated Assigned IP "192.0.2.10"'),
      'the Event of the address',
    )
    await pollUntil(async () => {
      const { status } = await cluster.api.get<{ readonly status?: { readonly availableIPv4?: number } }>(
        '/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools/lab',
      )
      return status?.availableIPv4 === 2
    }, 'the numbers of the pool')
  })

  test('an exhausted pool says so once, and what is deleted is handed on', async () => {
    await cluster.apply([service('two'), service('three')].join(''))
    await has('three', /./)
    await has('two', /./)
    await cluster.apply(service('four'))
    await pollUntil(async () => (await events('four')).length > 0, 'an Event of the Service without an address')
    assert.match((await events('four'))[0] ?? '', /^Warning AllocationFailed .*pool lab has no free IPv4 address/)
    const free = addresses(await read('two'))
    await remove('two')
    await has('four', free)
    await remove('three')
    const failures = (await events('four')).filter((text) => text.startsWith('Warning'))
    assert.equal(failures.length, 1)
  })

  test('a Service that is no longer a load balancer gives its address back', async () => {
    await has('four', /./)
    await cluster.kubectl('patch', 'service', 'four', '-n', 'shop', '-p', '{"spec":{"type":"ClusterIP"}}')
    await has('four', '')
    await pollUntil(
      async () => (await read('four')).metadata.annotations?.['metallb.io/ip-allocated-from-pool'] === undefined,
      'the annotation goes',
    )
  })

  test('a restart keeps every address, and gives none away to those who wait', async () => {
    await cluster.apply([service('asked', 'shop', 'metallb.io/loadBalancerIPs: 192.0.2.12')].join(''))
    await has('asked', '192.0.2.12')
    for (const program of programs) await stop(program, 'SIGKILL')
    // By name the first of all, and without an address.
    await cluster.apply(service('aaa', 'shop', 'metallb.io/loadBalancerIPs: 192.0.2.10'))
    await start('metal-b')
    await pollUntil(async () => (await events('aaa')).length > 0, 'an Event of the Service that came late')
    assert.match((await events('aaa'))[0] ?? '', /Service shop\/one has 192\.0\.2\.10/)
    await has('one', '192.0.2.10')
    await has('asked', '192.0.2.12')
    await remove('aaa')
  })

  test('Services with one key share, and say which port is in the way', async () => {
    const key = 'metallb.io/allow-shared-ip: edge'
    await cluster.apply(service('web', 'shop', key))
    await has('web', '192.0.2.11')
    const dns = service('dns', 'shop', key).replace('port: 80', 'port: 53, protocol: UDP')
    await cluster.apply(dns)
    await has('dns', '192.0.2.11')
    await cluster.apply(service('more', 'shop', key))
    await pollUntil(async () => (await events('more')).length > 0, 'an Event of the Service whose port is taken')
    assert.match((await events('more'))[0] ?? '', /Service shop\/web has port TCP\/80 of 192\.0\.2\.11/)
    for (const name of ['web', 'dns', 'more']) await remove(name)
  })

  test('a pool for a namespace is for that alone, and goes first there', async () => {
    await cluster.apply(pool('team', '198.51.100.1/32', ', serviceAllocation: { priority: 5, namespaces: [team] }'))
    await cluster.apply([service('own', 'team'), service('next', 'team')].join(''))
    await has('own', /^(?:198\.51\.100\.1|192\.0\.2\.11)$/, 'team')
    await has('next', /^(?:198\.51\.100\.1|192\.0\.2\.11)$/, 'team')
    const given = [addresses(await read('own', 'team')), addresses(await read('next', 'team'))].sort()
    assert.deepEqual(given, ['192.0.2.11', '198.51.100.1'])
    for (const name of ['own', 'next']) await remove(name, 'team')
  })

  test('a mistake in a pool leaves it as it was, with an Event on the pool', async () => {
    await cluster.apply(pool('lab', '192.0.2.12-192.0.2.10'))
    await pollUntil(async () => {
      const { items } = await cluster.api.get<{ readonly items: readonly { readonly reason: string }[] }>(
        '/api/v1/namespaces/metallb-system/events',
      )
      return items.some(({ reason }) => reason === 'MetalRangeBackwards')
    }, 'an Event of the pool')
    await has('one', '192.0.2.10')
    await cluster.apply(service('meanwhile'))
    await has('meanwhile', '192.0.2.11')
    await remove('meanwhile')
  })

  test('the mistake is a condition of the configuration’s state and one Event, until it is mended', async () => {
    const { conditions, summary } = await untilState(cluster, 'controller', 'Invalid')
    assert.deepEqual(conditions, [
      'poolReconcilerValid False ConfigurationError',
      'configReconcilerValid True Reconciled',
      'IPAddressPool.lab.MetalRangeBackwards False ConfigurationError',
    ])
    assert.match(summary, /^IPAddressPool metallb-system\/lab: Cannot use spec\.addresses\[0\]: /)
    assert.equal((await readState(cluster, 'controller'))?.metadata.labels?.['metallb.io/component-type'], 'controller')
    // Somebody deletes it, and somebody writes something else.
    const state = ['configurationstate', 'controller', '-n', 'metallb-system']
    await cluster.kubectl('delete', ...state)
    await untilState(cluster, 'controller', 'Invalid')
    await cluster.kubectl(
      'patch',
      ...state,
      '--subresource=status',
      '--type=merge',
      '-p',
      '{"status":{"result":"Valid"}}',
    )
    await untilState(cluster, 'controller', 'Invalid')
    await cluster.apply(pool('lab', '192.0.2.10-192.0.2.12'))
    const mended = await untilState(cluster, 'controller', 'Valid')
    assert.deepEqual(mended.conditions, [
      'poolReconcilerValid True Reconciled',
      'configReconcilerValid True Reconciled',
    ])
    await pollUntil(
      async () => (await eventsAbout(cluster, 'IPAddressPool', 'lab')).includes('Resolved x1'),
      'an Event that nothing is wrong any more',
    )
    assert.deepEqual(await eventsAbout(cluster, 'IPAddressPool', 'lab'), ['MetalRangeBackwards x1', 'Resolved x1'])
    assert.equal(addresses(await read('one')), '192.0.2.10')
  })

  test('another pool renumbers', async () => {
    await cluster.apply(pool('lab', '203.0.113.0/28'))
    await has('one', /^203\.0\.113\./)
    await pollUntil(
      async () => (await events('one')).some((text) => text.includes('ClearAssignment')),
      'an Event of it',
    )
    // What is asked for by its address has none now.
    await has('asked', '')
    await remove('asked')
  })

  test('two replicas under churn never give one address twice, whichever dies', async () => {
    await cluster.apply(pool('lab', '203.0.113.0/28, 203.0.113.64/26'))
    let second = await start('metal-c')
    const names = Array.from({ length: 40 }, (_, n) => `s${n}`)
    const doubles: string[] = []
    const lookForDoubles = async (): Promise<number> => {
      const { items } = await cluster.api.get<{ readonly items: readonly RawService[] }>('/api/v1/services')
      const owners = new Map<string, string>()
      for (const item of items) {
        const address = addresses(item)
        if (address === '') continue
        const owner = owners.get(address)
        if (owner !== undefined) doubles.push(`${address}: ${owner} and ${item.metadata.name}`)
        owners.set(address, item.metadata.name)
      }
      return items.filter((item) => item.metadata.namespace === 'many' && addresses(item) !== '').length
    }
    await cluster.apply(names.map((name) => service(name, 'many')).join(''))
    for (let round = 0; round < 3; round++) {
      const [first, ...others] = [...programs]
      assert.ok(first !== undefined && others.length === 1)
      // While the others are being given addresses, deleted and made anew.
      const victim = round === 1 ? second : first
      await stop(victim, round === 2 ? 'SIGTERM' : 'SIGKILL')
      const some = names.filter((_, n) => n % 3 === round)
      await cluster.kubectl('delete', 'service', '-n', 'many', ...some)
      await cluster.apply(some.map((name) => service(name, 'many')).join(''))
      second = await start(`metal-r${round}`)
      await pollUntil(async () => (await lookForDoubles()) === names.length, 'every Service has an address')
    }
    assert.deepEqual(doubles, [])
  })

  test('whoever cannot read pools takes nothing away', async () => {
    for (const program of programs) await stop(program)
    await cluster.kubectl('delete', 'crd', 'ipaddresspools.metallb.io')
    const program = await start('metal-z')
    await program.waitForLine(/Cannot give addresses: IPAddressPool/, 60_000)
    assert.match(addresses(await read('one')), /^203\.0\.113\./)
    const { summary } = await untilState(cluster, 'controller', 'Unknown')
    assert.equal(summary, 'Cannot read IPAddressPool: not allowed, or not defined')
  })

  testMetalWebhook(
    () => cluster,
    'genkan:genkan-metal',
    async (...flags) => {
      for (const program of programs) await stop(program)
      return await start('metal-w', ...flags)
    },
  )
})
