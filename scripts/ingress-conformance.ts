/** Runs the built conformance suite of Ingress in a folder against `genkan serve` in a test cluster; in a namespace. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { startServe } from '../test/cluster/parts/serve-process.ts'
import type { ObjectLike } from '../test/cluster/parts/api-client.ts'
import { startTestCluster, type TestCluster } from '../test/cluster/parts/test-cluster.ts'

/** Where the suite sends its requests, to ports 80 and 443. */
const ADDRESS = '127.0.0.1'

const [folder = '', ...flags] = process.argv.slice(2)
const cluster = await startTestCluster()
try {
  await cluster.apply(`
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: conformance }
spec: { controller: genkan.dev/ingress }
`)
  const genkan = await startServe(cluster.kubeconfig, 'genkan', [
    `--host=${ADDRESS}`,
    '--http-port=80',
    '--https-port=443',
    `--publish-status-address=${ADDRESS}`,
    '--workers=2',
    '--controller-class=genkan.dev/ingress',
  ])
  const clearing = clearEnding(cluster)
  const suite = spawn(
    `${folder}/ingress-conformance`,
    [
      '--ingress-class=conformance',
      // One scenario waits all of it for what must not come.
      '--wait-time-for-ingress-status=20s',
      '--wait-time-for-ready=60s',
      '--no-colors',
      '--test.timeout=30m',
      ...flags,
    ],
    { cwd: folder, env: { ...process.env, KUBECONFIG: cluster.kubeconfig }, stdio: 'inherit' },
  )
  const [code] = (await once(suite, 'exit')) as [number | null]
  clearInterval(clearing)
  process.exitCode = code ?? 1
  await genkan.program.stop()
  if (code !== 0) process.stderr.write(`${genkan.program.output()}\n`)
} finally {
  await cluster.stop()
}

/**
 * The suite deletes the namespace of a scenario and makes the next one at once. Since Kubernetes 1.33 a namespace loses
 * its pods first and the rest half a grace period later: until then its Ingress would go on to take the requests, as the
 * older one. So what is about to go goes at once.
 */
function clearEnding({ api }: TestCluster): NodeJS.Timeout {
  const clear = async (): Promise<void> => {
    const { items } = await api.get<{ readonly items: readonly ObjectLike[] }>('/api/v1/namespaces')
    for (const { metadata } of items) {
      if (metadata.deletionTimestamp === undefined) continue
      await api.delete(`/apis/networking.k8s.io/v1/namespaces/${metadata.name}/ingresses`)
    }
  }
  return setInterval(() => void clear().catch(() => undefined), 250)
}
