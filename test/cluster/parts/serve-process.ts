/** The real program as a replica in the test cluster: `node bin/genkan.js serve`, on free ports. */
import { fileURLToPath } from 'node:url'
import { findFreePort } from '../../support/free-port.ts'
import { type Program, startProgram } from '../../support/program.ts'

export interface ServeProcess {
  readonly httpPort: number
  readonly httpsPort: number
  readonly adminPort: number
  readonly program: Program
}

export const PROGRAM = fileURLToPath(new URL('../../../bin/genkan.js', import.meta.url))

/**
 * @param flags besides those of ports, workers and kubeconfig; given again they win
 * @param prefix a command that runs the one that follows it
 */
export async function startServe(
  kubeconfig: string,
  podName: string,
  flags: readonly string[] = [],
  timeoutMs = 60_000,
  podNamespace = 'default',
  prefix: readonly string[] = [],
): Promise<ServeProcess> {
  const [command, ...before] = [...prefix, process.execPath]
  const program = await startProgram(
    command,
    [
      ...before,
      PROGRAM,
      'serve',
      `--kubeconfig=${kubeconfig}`,
      '--host=127.0.0.1',
      `--http-port=${await findFreePort()}`,
      `--https-port=${await findFreePort()}`,
      `--healthz-port=${await findFreePort()}`,
      '--workers=1',
      '--access-log=off',
      ...flags,
    ],
    { env: { POD_NAME: podName, POD_NAMESPACE: podNamespace } },
  )
  try {
    const line = await program.waitForLine(/^\{"event":"ready"/, timeoutMs)
    const ready = JSON.parse(line) as { readonly http: string; readonly https: string; readonly admin: string }
    const portOf = (url: string): number => Number(new URL(url).port)
    return { httpPort: portOf(ready.http), httpsPort: portOf(ready.https), adminPort: portOf(ready.admin), program }
  } catch (error) {
    await program.stop('SIGKILL')
    throw error
  }
}
