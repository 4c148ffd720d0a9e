/** Caddy from Debian, one processor, its access log to a file. It adds the X-Forwarded set, no request id. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { findFreePort } from '../../test/support/free-port.ts'
import { findProgram, startProgram } from '../../test/support/program.ts'
import { BENCH_HOST, type PeerKind, waitForPort } from './peer.ts'

export const caddyPeer: PeerKind = {
  name: 'caddy',
  isEquivalent: false,
  async start(setup) {
    const program = findProgram('caddy')
    if (program === null) throw new Error('Cannot find caddy; install it with scripts/install-bench-peers.sh')
    const httpPort = await findFreePort()
    const httpsPort = await findFreePort()
    const file = setup.folder.file(`caddy-${httpPort}.conf`)
    const site = `
  log {
    output file ${setup.folder.file(`caddy-${httpPort}.log`)}
  }
  reverse_proxy 127.0.0.1:${setup.upstreamPort} {
    transport http {
      keepalive_idle_conns_per_host 320
    }
  }`
    writeFileSync(
      file,
      `{
  admin off
  auto_https off
  storage file_system ${setup.folder.file(`caddy-${httpPort}`)}
}
http://${BENCH_HOST}:${httpPort} {
  bind 127.0.0.1${site}
}
https://${BENCH_HOST}:${httpsPort} {
  bind 127.0.0.1
  tls ${setup.certificateFile} ${setup.keyFile}${site}
}
`,
    )
    const child = await startProgram(program, ['run', '--config', file, '--adapter', 'caddyfile'], {
      env: { GOMAXPROCS: '1', XDG_CONFIG_HOME: setup.folder.file('caddy'), XDG_DATA_HOME: setup.folder.file('caddy') },
    })
    await waitForPort(httpsPort, 'caddy')
    const version = `caddy ${execFileSync(program, ['version'], { encoding: 'utf8' }).trim().split(' ')[0] ?? ''}`
    return { name: 'caddy', version, pid: child.pid, httpPort, httpsPort, stop: () => child.stop() }
  },
}
