/** From flags to a cluster: a kubeconfig where one is named or lies about, the pod's service account otherwise. */
import { VERSION } from '../../base/version.ts'
import { ApiTransport } from './api-transport.ts'
import { type ClusterAccess, fixedCredentials } from './cluster-access.ts'
import { isInCluster, readInClusterAccess } from './in-cluster.ts'
import { kubeconfigFiles, readKubeconfig } from './kubeconfig.ts'

export interface ClusterFlags {
  /** `--kubeconfig`, empty = not given. */
  readonly kubeconfig: string
  /** `--context`, empty = the current one. */
  readonly context: string
  /** `--apiserver-host`: overrides the address; alone, a server that asks for no credentials. */
  readonly server?: string
  /** `--certificate-authority` as PEM. */
  readonly authorityPem?: string
}

/** @throws {AccessError} with a message for people */
export async function openCluster(flags: ClusterFlags): Promise<ApiTransport> {
  const access = await findAccess(flags)
  const { server = '', authorityPem } = flags
  return new ApiTransport(
    {
      ...access,
      ...(server === '' ? {} : { server: server.replace(/\/+$/, '') }),
      ...(authorityPem === undefined ? {} : { authorityPem }),
    },
    `genkan/${VERSION}`,
  )
}

async function findAccess({ kubeconfig, context, server = '' }: ClusterFlags): Promise<ClusterAccess> {
  if (kubeconfig === '' && context === '' && isInCluster()) return await readInClusterAccess()
  if (kubeconfig === '' && server !== '') {
    return {
      server,
      isInsecure: false,
      credentials: fixedCredentials({ authorization: '' }),
      namespace: 'default',
      from: '--apiserver-host',
    }
  }
  return await readKubeconfig(kubeconfigFiles(kubeconfig), context)
}
