import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClusterSource } from '../../sources/cluster/cluster-source.ts'
import { ObjectServer } from '../metal/testing/object-server.ts'
import { ClusterTranslator } from './cluster-translator.ts'

const SECRET = '/api/v1/namespaces/a/secrets/cert'

function putIngress(server: ObjectServer, name: string, secretName: string): void {
  server.put(`/apis/networking.k8s.io/v1/namespaces/a/ingresses/${name}`, {
    metadata: { namespace: 'a', uid: name },
    spec: {
      ingressClassName: 'nginx',
      ...(secretName === '' ? {} : { tls: [{ hosts: [`${name}.example`], secretName }] }),
      defaultBackend: { service: { name: 'web', port: { number: 80 } } },
      rules: [
        {
          host: `${name}.example`,
          http: {
            paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }],
          },
        },
      ],
    },
  })
}

test(
  'a Secret that cannot be read holds up a start for seconds and no change after it',
  { timeout: 60_000 },
  async (context) => {
    const server = await ObjectServer.start()
    server.put(SECRET, { metadata: { namespace: 'a' }, type: 'kubernetes.io/tls', data: {} })
    server.failRead = (path) => (path === SECRET ? 500 : null)
    putIngress(server, 'first', 'cert')
    const problems: string[] = []
    const source = new ClusterSource({
      transport: server.transport,
      watchNamespace: '',
      readsNamespaces: false,
      onChange() {},
      onProblem: (message) => problems.push(message),
    })
    context.after(async () => {
      await source.close()
      server.close()
    })
    await source.start()
    const translator = new ClusterTranslator(source, () => ({
      classes: [],
      configMap: '',
      defaultBackendService: '',
      nowMs: 0,
      endpoints: { override: () => null, simulate: () => null },
    }))
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const state = { isMade: false }
    const start = translator.next(true).finally(() => (state.isMade = true))
    while (problems.length === 0) await new Promise(setImmediate)
    let waitedMs = 0
    for (; !state.isMade && waitedMs < 60_000; waitedMs += 100) {
      context.mock.timers.tick(100)
      await new Promise(setImmediate)
    }
    assert.ok(waitedMs > 1000 && waitedMs <= 5000, `${waitedMs} ms`)
    const { translation } = await start
    assert.ok(translation.model.routes.hosts.some(({ host }) => host === 'first.example'))
    assert.match(problems.join(), /secrets\/cert: 500/)
    // From here on no time passes.
    putIngress(server, 'second', 'cert')
    while (source.ingresses.length < 2) await new Promise(setImmediate)
    const next = await translator.next(false)
    assert.ok(next.translation.model.routes.hosts.some(({ host }) => host === 'second.example'))
  },
)
