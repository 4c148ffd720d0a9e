/** Access from inside a pod (Kubernetes: "Accessing the API from within a Pod"). */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AccessError, type ClusterAccess } from './cluster-access.ts'
import { tokenFileCredentials } from './token-file.ts'

const FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount'

/** True when the environment is a pod's. */
export function isInCluster(env: Readonly<Record<string, string | undefined>> = process.env): boolean {
  return (env['KUBERNETES_SERVICE_HOST'] ?? '') !== ''
}

/** @throws {AccessError} when a part of the service account is missing */
export async function readInClusterAccess(
  env: Readonly<Record<string, string | undefined>> = process.env,
  folder: string = FOLDER,
): Promise<ClusterAccess> {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? ''
  if (host === '')
    throw new AccessError(
      'Cannot find the cluster: KUBERNETES_SERVICE_HOST is not set, so this is no pod; name a kubeconfig with --kubeconfig',
    )
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443'
  const read = async (name: string): Promise<string> => {
    const file = join(folder, name)
    try {
      return await readFile(file, 'utf8')
    } catch (error) {
      throw new AccessError(
        `Cannot read ${file}: ${error instanceof Error ? error.message : String(error)}; is automountServiceAccountToken off?`,
        { cause: error },
      )
    }
  }
  const authorityPem = await read('ca.crt')
  const namespace = (await read('namespace').catch(() => 'default')).trim()
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    authorityPem,
    isInsecure: false,
    credentials: tokenFileCredentials(join(folder, 'token')),
    namespace,
    from: folder,
  }
}
