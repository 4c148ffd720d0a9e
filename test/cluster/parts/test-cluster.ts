/** A test cluster: control plane, three nodes, and kubectl as the user. For suites that run in a namespace of their own. */
import { execFile } from 'node:child_process'
import { networkInterfaces } from 'node:os'
import { promisify } from 'node:util'
import { killPrograms } from '../../support/program.ts'
import { createTemporaryFolder } from '../../support/temporary-folder.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { type NodeStandIn, startNodes } from './node-stand-in.ts'
import { waitForNamespace } from './sole-cluster.ts'
import { toolPath } from './tools.ts'

const execute = promisify(execFile)

export interface TestCluster extends ControlPlane {
  readonly nodes: NodeStandIn
  /** Standard output of kubectl. @throws {Error} with its complaint */
  kubectl(...args: readonly string[]): Promise<string>
  /** `kubectl apply` of manifests. */
  apply(...manifests: readonly string[]): Promise<string>
}

export async function startTestCluster(): Promise<TestCluster> {
  refuseOutside()
  const release = await waitForNamespace()
  const folder = createTemporaryFolder()
  const plane = await startControlPlane(folder)
  const nodes = await startNodes(plane.api, ['node-a', 'node-b', 'node-c'])
  const run = async (args: readonly string[], input = ''): Promise<string> => {
    const child = execute(toolPath('kubectl'), [`--kubeconfig=${plane.kubeconfig}`, ...args], { maxBuffer: 64 << 20 })
    // One that has ended takes no input any more; what it said is in its error.
    child.child.stdin?.on('error', () => {}).end(input)
    return (await child).stdout
  }
  return {
    ...plane,
    nodes,
    kubectl: (...args) => run(args),
    apply: (...manifests) => run(['apply', '-f', '-'], manifests.join('\n---\n')),
    async stop() {
      await nodes.stop()
      plane.api.close()
      await plane.stop()
      killPrograms()
      folder[Symbol.dispose]()
      release()
    },
  }
}

/** Pods get private addresses, which must not be used on a network that somebody else is on. */
function refuseOutside(): void {
  const others = Object.keys(networkInterfaces()).filter((name) => name !== 'lo')
  if (others.length > 0)
    throw new Error(
      `Cannot start a test cluster here: the network has ${others.join(', ')}; run it by scripts/in-namespace.sh`,
    )
}
