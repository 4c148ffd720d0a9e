/**
 * A real control plane in this network namespace: etcd, kube-apiserver, kube-controller-manager, each a process of this
 * test on loopback ports.
 */
import { writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { findFreePort } from '../../support/free-port.ts'
import { type Program, startProgram } from '../../support/program.ts'
import type { TemporaryFolder } from '../../support/temporary-folder.ts'
import { ApiClient } from './api-client.ts'
import { type ClusterCredentials, createCredentials, formatKubeconfig } from './credentials.ts'
import { toolPath } from './tools.ts'

export const SERVICE_RANGE = '10.96.0.0/16'

export interface ControlPlane {
  readonly url: string
  readonly credentials: ClusterCredentials
  /** Of a member of `system:masters`. */
  readonly kubeconfig: string
  readonly api: ApiClient
  readonly apiServer: Program
  stop(): Promise<void>
}

export async function startControlPlane(folder: TemporaryFolder): Promise<ControlPlane> {
  const credentials = await createCredentials(folder)
  const started: Program[] = []
  const start = async (
    tool: Parameters<typeof toolPath>[0],
    flags: Readonly<Record<string, string>>,
  ): Promise<Program> => {
    const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`)
    const program = await startProgram(toolPath(tool), args)
    started.push(program)
    return program
  }
  const stop = async (): Promise<void> => {
    // The last one first: nobody then complains of a server that is gone.
    for (const program of started.reverse()) await program.stop()
  }
  try {
    const etcdUrl = await startEtcd(start, folder)
    const port = await findFreePort()
    const url = `https://127.0.0.1:${port}`
    const apiServer = await start('kube-apiserver', apiServerFlags(credentials, etcdUrl, port))
    const api = new ApiClient(url, credentials.authority.certPem, credentials.adminToken)
    await untilReady(api, apiServer)
    const kubeconfig = folder.file('kubeconfig')
    writeFileSync(kubeconfig, formatKubeconfig(url, credentials.authority.certPem, credentials.adminToken), {
      mode: 0o600,
    })
    await start('kube-controller-manager', managerFlags(credentials, kubeconfig))
    return { url, credentials, kubeconfig, api, apiServer, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

type Start = (tool: 'etcd', flags: Readonly<Record<string, string>>) => Promise<Program>

async function startEtcd(start: Start, folder: TemporaryFolder): Promise<string> {
  const url = `http://127.0.0.1:${await findFreePort()}`
  const peerUrl = `http://127.0.0.1:${await findFreePort()}`
  await start('etcd', {
    'data-dir': folder.file('etcd'),
    'listen-client-urls': url,
    'advertise-client-urls': url,
    'listen-peer-urls': peerUrl,
    'initial-advertise-peer-urls': peerUrl,
    'initial-cluster': `default=${peerUrl}`,
    // Nothing of it outlives the test.
    'unsafe-no-fsync': 'true',
    'log-level': 'error',
  })
  return url
}

function apiServerFlags(credentials: ClusterCredentials, etcdUrl: string, port: number): Record<string, string> {
  return {
    'etcd-servers': etcdUrl,
    'bind-address': '127.0.0.1',
    'advertise-address': '10.244.0.1',
    'secure-port': String(port),
    'tls-cert-file': credentials.servingCertificateFile,
    'tls-private-key-file': credentials.servingKeyFile,
    'token-auth-file': credentials.tokenFile,
    'authorization-mode': 'RBAC',
    'service-cluster-ip-range': SERVICE_RANGE,
    'service-account-issuer': 'https://kubernetes.default.svc',
    'service-account-key-file': credentials.accountKeyFile,
    'service-account-signing-key-file': credentials.accountKeyFile,
    'allow-privileged': 'true',
    'endpoint-reconciler-type': 'none',
    'max-requests-inflight': '1000',
    'max-mutating-requests-inflight': '500',
    v: '0',
  }
}

function managerFlags(credentials: ClusterCredentials, kubeconfig: string): Record<string, string> {
  return {
    kubeconfig,
    'authentication-kubeconfig': kubeconfig,
    'authorization-kubeconfig': kubeconfig,
    'service-account-private-key-file': credentials.accountKeyFile,
    'root-ca-file': credentials.authorityFile,
    'use-service-account-credentials': 'false',
    'leader-elect': 'false',
    'secure-port': '0',
    'kube-api-qps': '500',
    'kube-api-burst': '1000',
    'concurrent-service-endpoint-syncs': '20',
    // What has no part in a test of traffic only costs time.
    controllers: '*,-persistentvolume-binder-controller,-ttl-controller,-persistentvolume-attach-detach-controller',
    v: '0',
  }
}

async function untilReady(api: ApiClient, server: Program): Promise<void> {
  const endsAtMs = performance.now() + 180_000
  let state = 'no answer'
  while (performance.now() < endsAtMs) {
    try {
      await api.getText('/readyz')
      return
    } catch (error) {
      state = error instanceof Error ? error.message : String(error)
    }
    await delay(100)
  }
  throw new Error(`Cannot use kube-apiserver: not ready in 180 s (${state}):\n${server.output()}`)
}
