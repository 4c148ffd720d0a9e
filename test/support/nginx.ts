/** nginx as a peer in tests: a plain reverse proxy for one loopback port. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { findFreePort } from './free-port.ts'
import { findProgram, startProgram } from './program.ts'
import type { TemporaryFolder } from './temporary-folder.ts'

export interface RunningNginx {
  readonly port: number
  stop(): Promise<void>
}

/** @throws {Error} when nginx is not installed: a suite that cannot run fails */
export async function startNginxProxy(upstreamPort: number, folder: TemporaryFolder): Promise<RunningNginx> {
  const program = findProgram('nginx')
  if (program === null) throw new Error('Cannot find nginx: not on PATH; install it with apt-get install nginx-light')
  const port = await findFreePort()
  const prefix = folder.file('nginx-proxy')
  mkdirSync(prefix)
  writeFileSync(`${prefix}/nginx.conf`, configuration(prefix, port, upstreamPort))
  const child = await startProgram(program, ['-p', prefix, '-c', `${prefix}/nginx.conf`, '-e', 'stderr'])
  await child.waitForLine(/start worker process \d+/, 10_000)
  return { port, stop: () => child.stop() }
}

function configuration(prefix: string, port: number, upstreamPort: number): string {
  return `
daemon off;
user ${userInfo().username};
worker_processes 1;
error_log stderr notice;
pid ${prefix}/nginx.pid;
events { worker_connections 512; }
http {
  client_body_temp_path ${prefix}/body; proxy_temp_path ${prefix}/proxy; fastcgi_temp_path ${prefix}/fastcgi;
  uwsgi_temp_path ${prefix}/uwsgi; scgi_temp_path ${prefix}/scgi;
  access_log off;
  client_max_body_size 0;
  upstream up { server 127.0.0.1:${upstreamPort}; keepalive 8; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host; }
  }
}
`
}
