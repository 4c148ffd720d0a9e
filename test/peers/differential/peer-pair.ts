/** nginx from the hand-written servers of all cases, and Genkan from their manifests, before the same upstream. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { userInfo } from 'node:os'
import { stringify } from 'yaml'
import { createSelfSigned } from '../../../src/base/certificate.ts'
import { findFreePort } from '../../support/free-port.ts'
import { startGenkan } from '../../support/genkan.ts'
import { findProgram, startProgram } from '../../support/program.ts'
import { INGRESS_NGINX_HEADERS } from '../../support/ingress-nginx-headers.ts'
import type { TemporaryFolder } from '../../support/temporary-folder.ts'
import type { DifferentialCase } from './case.ts'

export interface RunningPeer {
  readonly name: string
  readonly httpPort: number
  readonly httpsPort: number
  readonly logFile: string
  stop(): Promise<void>
}

/** What ingress-nginx puts into every proxied location. */
const PROXY = `
      proxy_set_header Host $upstream_host;${INGRESS_NGINX_HEADERS}
      proxy_set_header X-Original-Forwarded-Host $http_x_forwarded_host;
      proxy_set_header Connection "";
      proxy_http_version 1.1; proxy_buffering off`

export async function startNginxPeer(
  cases: readonly DifferentialCase[],
  upstreamPort: number,
  deadPort: number,
  folder: TemporaryFolder,
): Promise<RunningPeer> {
  const program = findProgram('nginx')
  if (program === null) throw new Error('Cannot find nginx: not on PATH; install it with apt-get install nginx-light')
  const [httpPort, httpsPort] = [await findFreePort(), await findFreePort()]
  const prefix = folder.file('nginx')
  mkdirSync(prefix)
  const pair = await createSelfSigned(cases.flatMap(({ hosts }) => hosts))
  writeFileSync(join(prefix, 'cert.pem'), pair.certPem)
  writeFileSync(join(prefix, 'key.pem'), pair.keyPem)
  writeFileSync(join(prefix, 'htpasswd'), 'user:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n')
  const logFile = join(prefix, 'access.log')
  const listens = `listen 127.0.0.1:${httpPort}; listen 127.0.0.1:${httpsPort} ssl;`
  const servers = cases.map(
    ({ hosts, nginx }) =>
      `server { ${listens} server_name ${hosts.join(' ')}; set $upstream_name shop-web-80; set $upstream_host $http_host;\n${nginx.replaceAll('@proxy;', `${PROXY};\n proxy_pass http://web;`).replaceAll('@headers;', `${PROXY};`)} }`,
  )
  writeFileSync(
    join(prefix, 'nginx.conf'),
    `
daemon off; user ${userInfo().username}; worker_processes 1; error_log stderr notice; pid ${prefix}/nginx.pid;
events { worker_connections 512; }
http {
  client_body_temp_path ${prefix}/body; proxy_temp_path ${prefix}/proxy; fastcgi_temp_path ${prefix}/fastcgi;
  uwsgi_temp_path ${prefix}/uwsgi; scgi_temp_path ${prefix}/scgi;
  log_format upstreaminfo '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time [$upstream_name] [] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id';
  access_log ${logFile} upstreaminfo;
  proxy_redirect off; proxy_next_upstream error timeout; proxy_next_upstream_tries 3;
  keepalive_timeout 75s; client_max_body_size 1m; server_tokens off; default_type text/html; server_names_hash_bucket_size 256;
  ssl_certificate ${prefix}/cert.pem; ssl_certificate_key ${prefix}/key.pem;
  map $http_x_request_id $req_id { default $http_x_request_id; "" $request_id; }
  map $scheme $pass_port { default $server_port; https 443; }
  upstream web { server 127.0.0.1:${upstreamPort}; keepalive 16; }
  upstream dead { server 127.0.0.1:${deadPort}; }
  server { listen 127.0.0.1:${httpPort} default_server; listen 127.0.0.1:${httpsPort} ssl default_server; server_name _; set $upstream_name upstream-default-backend; location / { return 404; } }
  ${servers.join('\n')}
}
`,
  )
  const child = await startProgram(program, ['-p', prefix, '-c', join(prefix, 'nginx.conf'), '-e', 'stderr'])
  await child.waitForLine(/start worker process \d+/, 10_000)
  return { name: 'nginx', httpPort, httpsPort, logFile, stop: () => child.stop() }
}

export async function startGenkanPeer(
  cases: readonly DifferentialCase[],
  upstreamPort: number,
  deadPort: number,
  folder: TemporaryFolder,
): Promise<RunningPeer> {
  const manifests = folder.file('manifests')
  mkdirSync(manifests)
  const services = ['web', 'dead', 'none'].map((name) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'shop' },
    spec: { ports: [{ port: 80 }] },
  }))
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'users', namespace: 'shop' },
    data: { auth: readFileSync(folder.file('nginx/htpasswd')).toString('base64') },
  }
  const objects = [...services, secret, ...cases.map(ingressOf)]
  writeFileSync(join(manifests, 'cases.yaml'), objects.map((object) => stringify(object)).join('---\n'))
  writeFileSync(join(manifests, 'more.yaml'), cases.map((entry) => entry.manifests ?? '').join('\n---\n'))
  const logFile = folder.file('genkan.log')
  const genkan = await startGenkan([
    manifests,
    `--access-log=${logFile}`,
    '--no-simulate',
    `--backend=shop/web=127.0.0.1:${upstreamPort}`,
    `--backend=shop/dead=127.0.0.1:${deadPort}`,
  ])
  const { httpPort, httpsPort } = genkan
  return { name: 'genkan', httpPort, httpsPort, logFile, stop: () => genkan.stop() }
}

function ingressOf({ hosts, annotations = {}, paths, isTls = false }: DifferentialCase, index: number): object {
  const named = Object.entries(annotations).map(([name, value]) => [`nginx.ingress.kubernetes.io/${name}`, value])
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: `case-${index}`, namespace: 'shop', annotations: Object.fromEntries(named) },
    spec: {
      ingressClassName: 'nginx',
      ...(isTls ? { tls: [{ hosts: [hosts[0]] }] } : {}),
      rules: [
        {
          host: hosts[0],
          http: {
            paths: (paths ?? [{ path: '/' }]).map(({ path, pathType = 'Prefix', service = 'web' }) => ({
              path,
              pathType,
              backend: { service: { name: service, port: { number: 80 } } },
            })),
          },
        },
      ],
    },
  }
}
