/** `npm run cluster`: the test cluster to play with, until Ctrl-C. */
import { startTestCluster } from '../test/cluster/parts/test-cluster.ts'
import { toolPath } from '../test/cluster/parts/tools.ts'

const startedMs = performance.now()
const cluster = await startTestCluster()
const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
process.stdout.write(`The cluster runs (after ${seconds} s), in a network namespace of its own. From another terminal:

  sudo nsenter --net --target ${process.pid}
  export KUBECONFIG=${cluster.kubeconfig}
  ${toolPath('kubectl')} get nodes

Ctrl-C ends it.
`)
const alive = setInterval(() => undefined, 60_000)
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    clearInterval(alive)
    void cluster.stop()
  })
}
