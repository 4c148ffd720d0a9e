/**
 * nginx with what ingress-nginx writes for one Ingress with default settings, but for three things that favour it:
 * no Lua, a buffered access log (Genkan's is buffered too), and connection limits that no run reaches.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { findFreePort } from '../../test/support/free-port.ts'
import { INGRESS_NGINX_HEADERS } from '../../test/support/ingress-nginx-headers.ts'
import { findProgram, startProgram } from '../../test/support/program.ts'
import { BENCH_HOST, GRPC_SERVICE, type Peer, type PeerKind, type PeerSetup, TLS13_CIPHERS } from './peer.ts'

/** ingress-nginx's defaults: answers stream through 4 KiB buffers, request bodies are read whole first. */
export const nginxPeer: PeerKind = {
  name: 'nginx',
  isEquivalent: true,
  start: (setup) => start('nginx', { buffering: STREAMING }, setup),
}

/** The same with Lua where ingress-nginx runs Lua for every request: choice of the endpoint, rewrite phase, counters. */
export const nginxLuaPeer: PeerKind = {
  name: 'nginx with Lua',
  isEquivalent: true,
  start: (setup) => start('nginx with Lua', { buffering: STREAMING, lua: luaPhases(setup) }, setup),
}

/** nginx's own best for large bodies: streams both ways with large buffers. */
export const nginxTunedPeer: PeerKind = {
  name: 'nginx, tuned for bodies',
  isEquivalent: true,
  start: (setup) => start('nginx, tuned for bodies', { buffering: TUNED }, setup),
}

const STREAMING = 'proxy_buffering off; proxy_buffer_size 4k; proxy_buffers 4 4k;'
const TUNED =
  'proxy_buffering on; proxy_buffer_size 64k; proxy_buffers 16 64k; proxy_max_temp_file_size 0; proxy_request_buffering off; client_body_buffer_size 64k;'

interface Variant {
  readonly buffering: string
  readonly lua?: { readonly http: string; readonly upstream: string; readonly location: string }
}

function luaPhases(setup: PeerSetup): NonNullable<Variant['lua']> {
  return {
    http: `
  lua_package_path "/usr/share/lua/5.1/?.lua;;";
  init_by_lua_block {
    balancer = require "ngx.balancer"
    backends = { ["bench-echo-80"] = { turn = 0, endpoints = { { "127.0.0.1", ${setup.upstreamPort} } } } }
    counts = {}
  }`,
    upstream: `
    balancer_by_lua_block {
      local backend = backends[ngx.var.proxy_upstream_name]
      backend.turn = backend.turn % #backend.endpoints + 1
      local endpoint = backend.endpoints[backend.turn]
      balancer.set_more_tries(2)
      balancer.set_current_peer(endpoint[1], endpoint[2])
    }`,
    location: `
      rewrite_by_lua_block {
        if ngx.var.scheme == "http" and ngx.ctx.force_https then return ngx.redirect("https://" .. ngx.var.host, 308) end
        ngx.ctx.backend = backends[ngx.var.proxy_upstream_name]
      }
      header_filter_by_lua_block { if ngx.ctx.hsts then ngx.header["Strict-Transport-Security"] = ngx.ctx.hsts end }
      log_by_lua_block {
        if #counts > 10000 then counts = {} end
        counts[#counts + 1] = { host = ngx.var.host, status = ngx.var.status, method = ngx.var.request_method,
          path = "/", request_length = tonumber(ngx.var.request_length), request_time = tonumber(ngx.var.request_time),
          response_length = tonumber(ngx.var.bytes_sent), upstream_response_time = tonumber(ngx.var.upstream_response_time) }
      }`,
  }
}

async function start(name: string, variant: Variant, setup: PeerSetup): Promise<Peer> {
  const program = findProgram('nginx')
  if (program === null) throw new Error('Cannot find nginx: not on PATH; install it with apt-get install nginx-light')
  const httpPort = await findFreePort()
  const httpsPort = await findFreePort()
  const prefix = setup.folder.file(`nginx-${httpPort}`)
  mkdirSync(prefix)
  const file = `${prefix}/nginx.conf`
  writeFileSync(file, configuration(prefix, variant, setup, httpPort, httpsPort))
  const child = await startProgram(program, ['-p', prefix, '-c', file, '-e', 'stderr'])
  await child.waitForLine(/start worker process \d+/, 10_000)
  return {
    name,
    version: readVersion(program),
    pid: child.pid,
    httpPort,
    httpsPort,
    stop: () => child.stop(),
  }
}

/** Debian's module needs the development kit's. */
const LUA_MODULES =
  'load_module /usr/lib/nginx/modules/ndk_http_module.so;\nload_module /usr/lib/nginx/modules/ngx_http_lua_module.so;'

function configuration(
  prefix: string,
  { buffering, lua }: Variant,
  setup: PeerSetup,
  httpPort: number,
  httpsPort: number,
): string {
  return `${lua === undefined ? '' : LUA_MODULES}
daemon off;
user ${userInfo().username};
worker_processes 1;
worker_rlimit_nofile 20000;
error_log stderr notice;
pid ${prefix}/nginx.pid;
events { worker_connections 16384; multi_accept on; use epoll; }
http {
  client_body_temp_path ${prefix}/body; proxy_temp_path ${prefix}/proxy; fastcgi_temp_path ${prefix}/fastcgi;
  uwsgi_temp_path ${prefix}/uwsgi; scgi_temp_path ${prefix}/scgi;
  log_format upstreaminfo '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time [bench-echo-80] [] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id';
  access_log ${prefix}/access.log upstreaminfo buffer=64k flush=1s;
  sendfile on; tcp_nopush on; tcp_nodelay on; aio threads; aio_write on; log_subrequest on; reset_timedout_connection on;
  keepalive_timeout 75s; keepalive_requests 100000000;
  client_header_buffer_size 1k; large_client_header_buffers 4 8k; client_body_buffer_size 8k;
  http2_max_concurrent_streams 128;
  types_hash_max_size 2048; server_names_hash_bucket_size 64; server_tokens off; gzip off;
  ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache builtin:1000 shared:SSL:10m; ssl_session_tickets off; ssl_buffer_size 4k;
  ssl_prefer_server_ciphers on; ssl_conf_command Ciphersuites ${TLS13_CIPHERS};
  ssl_certificate ${setup.certificateFile}; ssl_certificate_key ${setup.keyFile};
  proxy_ssl_session_reuse on;
  map $http_x_request_id $req_id { default $http_x_request_id; "" $request_id; }
  map $http_upgrade $connection_upgrade { default upgrade; "" ""; }
  map $scheme $pass_port { default $server_port; https 443; }
  ${lua?.http ?? ''}
  upstream upstream_balancer { ${lua === undefined ? `server 127.0.0.1:${setup.upstreamPort};` : `server 0.0.0.1;${lua.upstream}`} keepalive 320; keepalive_timeout 60s; keepalive_requests 100000000; }
  upstream grpc_balancer { server 127.0.0.1:${setup.grpcUpstreamPort || setup.upstreamPort}; keepalive 320; keepalive_requests 100000000; }
  server { listen 127.0.0.1:${httpPort} default_server backlog=4096; listen 127.0.0.1:${httpsPort} default_server ssl http2 backlog=4096; server_name _; location / { return 404; } }
  server {
    listen 127.0.0.1:${httpPort}; listen 127.0.0.1:${httpsPort} ssl http2;
    server_name ${BENCH_HOST};
    set $proxy_upstream_name "bench-echo-80";
    location /${GRPC_SERVICE}/ {
      ${INGRESS_NGINX_HEADERS.replaceAll('proxy_', 'grpc_')}
      grpc_pass grpc://grpc_balancer;
    }
    location / {
      client_max_body_size 0;
      ${buffering}${lua?.location ?? ''}
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      ${INGRESS_NGINX_HEADERS}
      proxy_connect_timeout 5s; proxy_send_timeout 60s; proxy_read_timeout 60s;
      proxy_http_version 1.1; proxy_cookie_domain off; proxy_cookie_path off; proxy_redirect off;
      proxy_next_upstream error timeout; proxy_next_upstream_tries 3;
      proxy_pass http://upstream_balancer;
    }
  }
}
`
}

/** nginx prints it to standard error: `nginx version: nginx/1.22.1`. */
function readVersion(program: string): string {
  return spawnSync(program, ['-v'], { encoding: 'utf8' }).stderr.trim().replace('nginx version: ', '')
}
