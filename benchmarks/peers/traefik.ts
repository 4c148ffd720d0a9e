/** Traefik by its file provider, one processor, its access log to a file. It adds the X-Forwarded set, no request id. */
import { existsSync, writeFileSync } from 'node:fs'
import { findFreePort } from '../../test/support/free-port.ts'
import { startProgram } from '../../test/support/program.ts'
import { BENCH_HOST, cachedProgram, type PeerKind, waitForPort } from './peer.ts'

const VERSION = 'v3.6.12'

export const traefikPeer: PeerKind = {
  name: 'traefik',
  isEquivalent: false,
  async start(setup) {
    const program = cachedProgram(`traefik-${VERSION}`, 'traefik')
    if (!existsSync(program)) throw new Error('Cannot find traefik; install it with scripts/install-bench-peers.sh')
    const httpPort = await findFreePort()
    const httpsPort = await findFreePort()
    const routes = setup.folder.file(`traefik-${httpPort}-routes.json`)
    const rule = `Host(\`${BENCH_HOST}\`)`
    writeFileSync(
      routes,
      JSON.stringify({
        http: {
          routers: {
            plain: { rule, service: 'echo', entryPoints: ['web'] },
            secure: { rule, service: 'echo', entryPoints: ['websecure'], tls: {} },
          },
          services: { echo: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${setup.upstreamPort}` }] } } },
        },
        tls: { certificates: [{ certFile: setup.certificateFile, keyFile: setup.keyFile }] },
      }),
    )
    const file = setup.folder.file(`traefik-${httpPort}.json`)
    writeFileSync(
      file,
      JSON.stringify({
        global: { checkNewVersion: false, sendAnonymousUsage: false },
        log: { level: 'ERROR' },
        entryPoints: { web: { address: `127.0.0.1:${httpPort}` }, websecure: { address: `127.0.0.1:${httpsPort}` } },
        providers: { file: { filename: routes } },
        accessLog: { filePath: setup.folder.file(`traefik-${httpPort}.log`), bufferingSize: 1000 },
      }),
    )
    const child = await startProgram(program, [`--configFile=${file}`], { env: { GOMAXPROCS: '1' } })
    await waitForPort(httpsPort, 'traefik')
    return {
      name: 'traefik',
      version: `traefik ${VERSION}`,
      pid: child.pid,
      httpPort,
      httpsPort,
      stop: () => child.stop(),
    }
  },
}
