/** HAProxy with the same added headers, one thread, and a log line per request to a file (it cannot buffer those). */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { findFreePort } from '../../test/support/free-port.ts'
import { findProgram, startProgram } from '../../test/support/program.ts'
import { BENCH_HOST, TLS13_CIPHERS, type PeerKind, type PeerSetup, waitForPort } from './peer.ts'

export const haproxyPeer: PeerKind = {
  name: 'haproxy',
  isEquivalent: true,
  async start(setup) {
    const program = findProgram('haproxy')
    if (program === null) throw new Error('Cannot find haproxy: not on PATH; install it with apt-get install haproxy')
    const httpPort = await findFreePort()
    const httpsPort = await findFreePort()
    const name = `haproxy-${httpPort}`
    const pem = setup.folder.file(`${name}.pem`)
    writeFileSync(pem, readFileSync(setup.certificateFile, 'utf8') + readFileSync(setup.keyFile, 'utf8'))
    const file = setup.folder.file(`${name}.cfg`)
    writeFileSync(file, configuration(setup, pem, httpPort, httpsPort))
    const child = await startProgram(program, ['-db', '-f', file], { stdoutFile: setup.folder.file(`${name}.log`) })
    await waitForPort(httpPort, 'haproxy')
    return {
      name: 'haproxy',
      version: execFileSync(program, ['-v'], { encoding: 'utf8' }).split('\n')[0] ?? '',
      pid: child.pid,
      httpPort,
      httpsPort,
      // SIGUSR1 would wait for clients; SIGTERM ends at once.
      stop: () => child.stop(),
    }
  },
}

function configuration(setup: PeerSetup, pem: string, httpPort: number, httpsPort: number): string {
  return `
global
  nbthread 1
  maxconn 9500
  log stdout format raw local0 info
  ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
  ssl-default-bind-ciphersuites ${TLS13_CIPHERS}
  tune.ssl.default-dh-param 2048
defaults
  mode http
  log global
  option http-keep-alive
  option httplog
  log-format '%ci - - [%tr] "%HM %HU %HV" %ST %B "%[capture.req.hdr(0)]" "%[capture.req.hdr(1)]" %U %Tt [bench-echo-80] [] %si:%sp %B %Tr %ST %ID'
  unique-id-format %{+X}o%Ts%rt%pid%ci%cp%fp%rc
  http-reuse always
  timeout connect 5s
  timeout client 75s
  timeout server 60s
  timeout http-keep-alive 75s
frontend front
  bind 127.0.0.1:${httpPort} backlog 4096
  bind 127.0.0.1:${httpsPort} ssl crt ${pem} alpn h2,http/1.1 backlog 4096
  capture request header Referer len 128
  capture request header User-Agent len 128
  http-request del-header Proxy
  http-request set-header X-Request-ID %[uuid] unless { req.hdr(X-Request-ID) -m found }
  http-request set-header X-Real-IP %[src]
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Host %[req.hdr(Host)]
  http-request set-header X-Forwarded-Port 443 if { ssl_fc }
  http-request set-header X-Forwarded-Port %[dst_port] unless { ssl_fc }
  http-request set-header X-Forwarded-Proto https if { ssl_fc }
  http-request set-header X-Forwarded-Proto http unless { ssl_fc }
  http-request set-header X-Forwarded-Scheme https if { ssl_fc }
  http-request set-header X-Forwarded-Scheme http unless { ssl_fc }
  http-request set-header X-Scheme https if { ssl_fc }
  http-request set-header X-Scheme http unless { ssl_fc }
  http-request return status 404 unless { req.hdr(host),lower,field(1,:) ${BENCH_HOST} }
  use_backend grpc if { req.hdr(content-type) -m beg application/grpc }
  default_backend echo
backend grpc
  server pod 127.0.0.1:${setup.grpcUpstreamPort || setup.upstreamPort} proto h2
backend echo
  server pod 127.0.0.1:${setup.upstreamPort} pool-max-conn 320 pool-purge-delay 60s
`
}
