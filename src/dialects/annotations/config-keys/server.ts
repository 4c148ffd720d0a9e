/** The server, its upstreams, and nginx's tuning: rows of the table of ConfigMap keys (ingress-nginx, configmap.md). */
import { idle, keyFamily } from './config-key-row.ts'

const STREAMED = 'bodies are streamed as they come, so there is no buffer to set'
const ONE_HEAD = 'a request head is read as one; large-client-header-buffers bounds it'
const OBSOLETE = 'nginx itself has dropped it; large-client-header-buffers bounds heads'
const HASHES = 'it sizes a table of nginx; tables here grow by themselves'
const EVENTS = 'it tunes the event loop of nginx'
const HOST_FLAG = 'the flag --host says where to listen'

export const SERVER = keyFamily('HTTP server', {
  'use-http2': [
    'true',
    'With `"false"` h2 is not offered in the TLS handshake and connections that begin with HTTP/2 on the plain port are refused.',
  ],
  'http2-max-concurrent-streams': '128',
  'http2-max-field-size': idle('', OBSOLETE),
  'http2-max-header-size': idle('', OBSOLETE),
  'http2-max-requests': idle('', 'nginx itself has dropped it; keep-alive-requests holds for HTTP/1.1'),
  'keep-alive': ['75', 'Seconds; `0` closes after each answer.'],
  'keep-alive-requests': '1000',
  'client-header-timeout': '60',
  'client-body-timeout': '60',
  'client-header-buffer-size': idle('1k', ONE_HEAD),
  'large-client-header-buffers': [
    '4 8k',
    'The product bounds a request head; a longer one is 431, a longer target 414.',
  ],
  'client-body-buffer-size': idle('8k', STREAMED),
  'enable-underscores-in-headers': 'false',
  'ignore-invalid-headers': idle('true', 'a request with a field name that is none is refused with 400 in any case'),
  'proxy-body-size': '1m',
  'default-type': idle('text/html', 'no files are served; upstreams say what they send'),
  'bind-address': idle('', HOST_FLAG),
  'disable-ipv6': idle('false', HOST_FLAG),
  'disable-ipv6-dns': ['false', 'With `"true"` IPv6 addresses of names (ExternalName) are left aside.'],
  'reuse-port': idle('true', 'workers share their ports in a way of their own'),
  'worker-processes': idle('auto', 'the flag --workers says how many'),
  'worker-cpu-affinity': idle('', 'the system places processes'),
  'worker-shutdown-timeout': ['240s', 'How long requests may go on after SIGTERM; 10 s in `dev` unless it is set.'],
  'max-worker-connections': [
    '16384',
    'Client connections of each worker; further ones are closed as they come. Without the key only the system’s limit on open files holds.',
  ],
  'max-worker-open-files': idle('0', 'the system’s limit on open files holds'),
  'enable-serial-reloads': idle('false', 'nothing is reloaded: a change is swapped in'),
  'enable-multi-accept': idle('true', EVENTS),
  'enable-aio-write': idle('true', EVENTS),
  'debug-connections': idle('', 'there is no debug log of single clients; genkan explain shows decisions'),
  'nginx-status-ipv4-whitelist': idle(
    '127.0.0.1',
    'there is no status page; /metrics of the admin server has the numbers',
  ),
  'nginx-status-ipv6-whitelist': idle('::1', 'there is no status page; /metrics of the admin server has the numbers'),
  'server-name-hash-max-size': idle('1024', HASHES),
  'server-name-hash-bucket-size': idle('', HASHES),
  'map-hash-bucket-size': idle('64', HASHES),
  'proxy-headers-hash-max-size': idle('512', HASHES),
  'proxy-headers-hash-bucket-size': idle('64', HASHES),
  'variables-hash-max-size': idle('2048', HASHES),
  'variables-hash-bucket-size': idle('256', HASHES),
  'lua-shared-dicts': idle('', 'there is no Lua'),
  plugins: idle('', 'there is no Lua'),
})

export const UPSTREAMS = keyFamily('Upstreams', {
  'upstream-keepalive-connections': '320',
  'upstream-keepalive-time': ['1h', 'A kept connection older than this is closed after its answer.'],
  'upstream-keepalive-timeout': '60',
  'upstream-keepalive-requests': '10000',
  'proxy-connect-timeout': '5',
  'proxy-read-timeout': '60',
  'proxy-send-timeout': '60',
  'proxy-next-upstream': 'error timeout',
  'proxy-next-upstream-timeout': '0',
  'proxy-next-upstream-tries': '3',
  'retry-non-idempotent': 'false',
  'proxy-buffering': idle('off', STREAMED),
  'proxy-request-buffering': idle('on', STREAMED),
  'proxy-buffer-size': [
    '64k',
    'Longest head of an upstream’s answer; at least 1k, more than 64k is 64k. Bodies are not buffered.',
  ],
  'proxy-buffers-number': idle('4', STREAMED),
  'proxy-busy-buffers-size': idle('', STREAMED),
  'proxy-max-temp-file-size': idle('1024m', STREAMED),
  'proxy-http-version': ['1.1', 'With 1.0, upgrades and bodies without a length still go out as HTTP/1.1.'],
  'grpc-buffer-size-kb': idle('0', STREAMED),
  'proxy-cookie-domain': ['off', 'Plain text only.'],
  'proxy-cookie-path': ['off', 'Plain text only.'],
  'proxy-redirect-from': ['off', 'Plain text only.'],
  'proxy-redirect-to': ['off', 'Plain text only.'],
  'load-balance': 'round_robin',
  'service-upstream': 'false',
  'limit-rate': ['0', 'Kilobytes a second for the body of each answer.'],
  'limit-rate-after': '0',
  'limit-req-status-code': '503',
  'limit-conn-status-code': '503',
  'limit-conn-zone-variable': [
    '$binary_remote_addr',
    'Any text with the variables of `auth-url`. A request for which it is empty is not counted.',
  ],
})

export const STREAMS = keyFamily('TCP and UDP services', {
  'proxy-stream-timeout': '600s',
  'proxy-stream-next-upstream': 'true',
  'proxy-stream-next-upstream-timeout': '600s',
  'proxy-stream-next-upstream-tries': '3',
  'proxy-stream-responses': '1',
  'log-format-stream': '[$remote_addr] [$time_local] $protocol $status $bytes_sent $bytes_received $session_time',
  'disable-stream-access-log': 'false',
  'stream-access-log-path': idle('', 'streams are logged where requests are'),
})
