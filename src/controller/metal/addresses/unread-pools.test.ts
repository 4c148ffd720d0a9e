import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startAddressController } from './address-controller.ts'
import { ObjectServer } from '../testing/object-server.ts'

const CONFIG = '/api/v1/namespaces/metal/configmaps/config'
const SERVICE = '/api/v1/namespaces/a/services/web'

test(
  'while the ConfigMap with pools cannot be read no address is taken away',
  { timeout: 120_000 },
  async (context) => {
    const server = await ObjectServer.start()
    server.put('/api/v1/namespaces/a', {})
    server.put('/apis/coordination.k8s.io/v1/namespaces/genkan/leases/lead', { metadata: { namespace: 'genkan' } })
    server.put(CONFIG, {
      metadata: { namespace: 'metal' },
      data: { config: 'address-pools: [{name: lab, protocol: layer2, addresses: [192.0.2.10-192.0.2.99]}]' },
    })
    server.put(SERVICE, {
      metadata: { namespace: 'a', uid: 'web' },
      spec: { type: 'LoadBalancer', ports: [{ port: 80 }], clusterIP: '198.51.100.1', clusterIPs: ['198.51.100.1'] },
      status: { loadBalancer: { ingress: [{ ip: '192.0.2.77' }] } },
    })
    server.put('/api/v1/namespaces/a/services/next', {
      metadata: { namespace: 'a', uid: 'next' },
      spec: { type: 'LoadBalancer', ports: [{ port: 80 }], clusterIP: '198.51.100.2', clusterIPs: ['198.51.100.2'] },
    })
    server.failRead = (path) => (path === CONFIG ? 500 : null)
    const refused = Promise.withResolvers<string>()
    const controller = await startAddressController(
      server.transport,
      {
        metalNamespace: 'metal',
        loadBalancerClass: '',
        webhook: { address: '', certificateFile: '', keyFile: '', configuration: '' },
        adminHost: '127.0.0.1',
        adminPort: 0,
        podName: 'p',
        podNamespace: 'genkan',
        electionId: 'lead',
        electionTtlMs: 30_000,
      },
      {
        leading() {},
        problem(message) {
          if (message.startsWith('Cannot give addresses')) refused.resolve(message)
        },
      },
      new AbortController().signal,
    )
    assert.ok(controller !== null)
    context.after(async () => {
      await controller.close()
      server.close()
    })
    assert.match(await refused.promise, /ConfigMap with pools cannot be read: GET .*configmaps\/config: 500/)
    const addresses = (name: string): unknown => {
      const status = server.objects.get(`/api/v1/namespaces/a/services/${name}`)?.status as
        | { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } }
        | undefined
      return status?.loadBalancer?.ingress?.map(({ ip }) => ip)
    }
    server.failRead = () => null
    await server.until(() => addresses('next') !== undefined)
    assert.deepEqual([addresses('web'), addresses('next')], [['192.0.2.77'], ['192.0.2.10']])
    const written = server.writes.filter((write) => write.includes('/services/web'))
    assert.deepEqual(written, [], 'the Service with an address was left alone all the time')
  },
)
