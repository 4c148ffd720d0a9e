/** Pods come and go under load: no request fails while there is a pod that takes it. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { formatEchoApp } from './parts/echo-app.ts'
import { type MixedReport, startMixedLoad } from './parts/mixed-load.ts'
import { pollUntil } from './parts/poll.ts'
import { type ServeProcess, startServe } from './parts/serve-process.ts'
import { startTestCluster, type TestCluster } from './parts/test-cluster.ts'

const INGRESS = JSON.stringify({
  apiVersion: 'v1',
  kind: 'List',
  items: [
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: 'nginx' },
      spec: { controller: 'k8s.io/ingress-nginx' },
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        ingressClassName: 'nginx',
        rules: [
          {
            host: 'web.example',
            http: {
              paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 8080 } } } }],
            },
          },
        ],
      },
    },
  ],
})

const LEAST_ANSWERS = 200
const DEPLOYMENT = '/apis/apps/v1/namespaces/default/deployments/web'

interface Deployment {
  readonly metadata: { readonly generation: number }
  readonly spec: { readonly replicas: number }
  readonly status: {
    readonly observedGeneration?: number
    readonly replicas?: number
    readonly updatedReplicas?: number
    readonly availableReplicas?: number
  }
}

suite('rollouts under load', () => {
  let cluster: TestCluster
  let genkan: ServeProcess
  before(async () => {
    cluster = await startTestCluster()
    await cluster.apply(formatEchoApp({ name: 'web', replicas: 3, strategy: { maxUnavailable: 1, maxSurge: 2 } }))
    await cluster.apply(INGRESS)
    await settled()
    genkan = await startServe(cluster.kubeconfig, 'genkan-a', ['--workers=2'])
  })
  after(async () => {
    await genkan?.program.stop()
    await cluster?.stop()
  })

  /** The Deployment is as written: all its pods new and ready, none too many. */
  const settled = async (): Promise<void> => {
    const endsAtMs = performance.now() + 60_000
    for (;;) {
      const { metadata, spec, status } = await cluster.api.get<Deployment>(DEPLOYMENT)
      const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status
      const isDone = [replicas, updatedReplicas, availableReplicas].every((count) => count === spec.replicas)
      if (isDone && observedGeneration === metadata.generation) return
      assert.ok(performance.now() < endsAtMs, `the Deployment does not settle: ${JSON.stringify(status)}`)
      await delay(20)
    }
  }
  const roll = async (name: string): Promise<void> => {
    const metadata = { annotations: { 'cluster.example/rollout': name } }
    await cluster.api.mergePatch(DEPLOYMENT, { spec: { template: { metadata } } })
    await settled()
  }
  const scale = async (replicas: number): Promise<void> => {
    await cluster.api.mergePatch(DEPLOYMENT, { spec: { replicas } })
    await settled()
  }
  const underLoad = async (work: () => Promise<void>): Promise<MixedReport> => {
    const load = startMixedLoad(genkan, 'web.example')
    try {
      await work()
      // Pods that were told to end do so within this time.
      await delay(cluster.nodes.lingerMs + 500)
      // However slow the machine is, it is a load.
      await pollUntil(() => load.answered > LEAST_ANSWERS, `${LEAST_ANSWERS} answers`)
    } catch (error) {
      await load.stop()
      throw error
    }
    return load.stop()
  }
  const assertWhole = ({ answered, failures, keptConnections }: MixedReport): void => {
    assert.deepEqual(failures, [], `${failures.length} failed of ${answered + failures.length}`)
    assert.ok(answered > LEAST_ANSWERS, `${answered} answers are no load`)
    assert.ok(keptConnections <= 4, `${keptConnections} connections: some were cut`)
  }

  test('twenty rollouts', async (t) => {
    const report = await underLoad(async () => {
      for (let i = 0; i < 20; i++) await roll(`graceful-${i}`)
    })
    t.diagnostic(`${report.answered} requests`)
    assertWhole(report)
  })

  test('one pod, ten pods, one pod', async (t) => {
    await scale(1)
    const report = await underLoad(async () => {
      await scale(10)
      await delay(500)
      await scale(1)
    })
    t.diagnostic(`${report.answered} requests`)
    assertWhole(report)
  })

  test('all pods of a node at once', async (t) => {
    await scale(6)
    const report = await underLoad(async () => {
      await cluster.api.delete('/api/v1/namespaces/default/pods?fieldSelector=spec.nodeName%3Dnode-a')
      await settled()
    })
    t.diagnostic(`${report.answered} requests`)
    assertWhole(report)
  })

  test('pods that close their port the moment they are told to end: what it costs', async (t) => {
    await scale(3)
    cluster.nodes.lingerMs = 0
    const report = await underLoad(async () => {
      for (let i = 0; i < 5; i++) await roll(`sudden-${i}`)
    })
    t.diagnostic(`${report.failures.length} failed of ${report.answered + report.failures.length}`)
    for (const failure of report.failures.slice(0, 10)) t.diagnostic(failure)
    // Nothing is promised: requests may be on their way into a pod that is gone. But it is not an outage.
    assert.ok(report.failures.length < report.answered / 5, report.failures.slice(0, 20).join('\n'))
  })
})
