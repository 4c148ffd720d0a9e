/** `genkan dev` in this process, on free loopback ports, with simulated pods. */
import { type DevOptions, type DevServer, startDevServer } from '../../src/controller/dev-server.ts'

/** @param onProblem as of {@link startDevServer}; findings are left alone */
export function startQuietDev(
  path: string,
  onProblem: (message: string) => void,
  changes: Partial<DevOptions> = {},
): Promise<DevServer> {
  return startDevServer(
    {
      paths: [path],
      host: '127.0.0.1',
      httpPort: 0,
      httpsPort: 0,
      adminPort: 0,
      workers: 1,
      classes: [],
      backends: [],
      simulates: true,
      configMap: '',
      defaultBackendService: '',
      accessLog: 'off',
      ...changes,
    },
    { findings: () => undefined, problem: onProblem },
  )
}
