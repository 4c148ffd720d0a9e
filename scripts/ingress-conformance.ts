/** Runs the built conformance suite of Ingress in a folder against `genkan serve` in a test cluster; in a namespace. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { startServe } from '../test/cluster/parts/serve-process.ts'
import { startTestCluster } from '../test/cluster/parts/test-cluster.ts'

/** Where the suite sends its requests, to ports 80 and 443. */
const ADDRESS = '127.0.0.1'

const [folder = '', ...flags] = process.argv.slice(2)
const cluster = await startTestCluster()
try {
  await cluster.apply(`
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: conformance }
spec: { controller: k8s.io/ingress-nginx }
`)
  const genkan = await startServe(cluster.kubeconfig, 'genkan', [
    `--host=${ADDRESS}`,
    '--http-port=80',
    '--https-port=443',
    `--publish-status-address=${ADDRESS}`,
    '--workers=2',
  ])
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
  process.exitCode = code ?? 1
  await genkan.program.stop()
  if (code !== 0) process.stderr.write(`${genkan.program.output()}\n`)
} finally {
  await cluster.stop()
}
