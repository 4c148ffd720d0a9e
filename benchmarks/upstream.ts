/** The upstream of every run: one nginx of its own, whose CPU is not counted. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { findFreePort } from '../test/support/free-port.ts'
import { findProgram, startProgram } from '../test/support/program.ts'
import type { TemporaryFolder } from '../test/support/temporary-folder.ts'

export const SMALL_BYTES = 1024
export const LARGE_BYTES = 1_048_576
export const HUGE_BYTES = 67_108_864
/** `/small` answers 1 KiB, `/large` 1 MiB, `/huge` 64 MiB, `/upload` reads the whole request body and then answers a word. */
export const UPSTREAM_PATHS = { small: '/small', large: '/large', huge: '/huge', upload: '/upload' } as const

export interface Upstream {
  readonly port: number
  /** HTTP/2 by prior knowledge: every call is answered with 69 bytes (nobody on the way looks into them) and status 0. */
  readonly grpcPort: number
  stop(): Promise<void>
}

export async function startUpstream(folder: TemporaryFolder): Promise<Upstream> {
  const program = findProgram('nginx')
  if (program === null) throw new Error('Cannot find nginx: not on PATH; install it with apt-get install nginx-light')
  const prefix = folder.file('upstream')
  mkdirSync(`${prefix}/www`, { recursive: true })
  writeFileSync(`${prefix}/www/large`, Buffer.alloc(LARGE_BYTES, 'genkan '))
  writeFileSync(`${prefix}/www/huge`, Buffer.alloc(HUGE_BYTES, 'genkan '))
  const port = await findFreePort()
  const grpcPort = await findFreePort()
  writeFileSync(`${prefix}/nginx.conf`, configuration(prefix, port, grpcPort))
  const child = await startProgram(program, ['-p', prefix, '-c', `${prefix}/nginx.conf`, '-e', 'stderr'])
  await child.waitForLine(/start worker process \d+/, 10_000)
  return { port, grpcPort, stop: () => child.stop() }
}

/** `/upload` proxies to itself without the body: nginx answers a plain `return` before it has read the body. */
function configuration(prefix: string, port: number, grpcPort: number): string {
  return `
daemon off;
user ${userInfo().username};
worker_processes 1;
worker_rlimit_nofile 20000;
error_log stderr notice;
pid ${prefix}/nginx.pid;
events { worker_connections 16384; }
http {
  client_body_temp_path ${prefix}/body; proxy_temp_path ${prefix}/proxy; fastcgi_temp_path ${prefix}/fastcgi;
  uwsgi_temp_path ${prefix}/uwsgi; scgi_temp_path ${prefix}/scgi;
  access_log off;
  keepalive_timeout 600s; keepalive_requests 100000000; sendfile on; tcp_nodelay on;
  client_max_body_size 0; client_body_buffer_size 2m; http2_max_requests 100000000;
  default_type text/plain;
  upstream self { server 127.0.0.1:${port}; keepalive 64; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    root ${prefix}/www;
    location = /small { return 200 "${'s'.repeat(SMALL_BYTES)}"; }
    location = /large { }
    location = /huge { }
    location = /done { return 200 "ok"; }
    location = /upload { proxy_pass http://self/done; proxy_method GET; proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
  server {
    listen 127.0.0.1:${grpcPort} http2 backlog=4096;
    default_type application/grpc;
    root ${prefix}/www;
    add_trailer grpc-status 0;
    location / { return 200 "${'m'.repeat(69)}"; }
  }
}
`
}
