/** Where the programs of the control plane are; built from the Go module proxy when they are not there yet. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SCRIPT = fileURLToPath(new URL('../../../scripts/build-cluster-tools.sh', import.meta.url))

export type Tool = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kubectl'

let folder = ''

/** @throws {Error} when they cannot be built: a suite that cannot run fails */
export function toolPath(tool: Tool): string {
  if (folder === '')
    folder = execFileSync('bash', [SCRIPT], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim()
  return join(folder, tool)
}
