/** Keys of the settings ConfigMap that mean nothing to a program other than nginx (ingress-nginx reference, 2). */
const NAMES = `
proxy-buffer-size proxy-buffers-number proxy-busy-buffers-size proxy-buffering proxy-request-buffering proxy-max-temp-file-size
client-body-buffer-size client-header-buffer-size grpc-buffer-size-kb ssl-buffer-size default-type reuse-port worker-processes
max-worker-connections worker-shutdown-timeout enable-serial-reloads max-worker-open-files worker-cpu-affinity enable-aio-write
enable-multi-accept debug-connections disable-ipv6-dns lua-shared-dicts map-hash-bucket-size proxy-headers-hash-max-size
proxy-headers-hash-bucket-size server-name-hash-max-size server-name-hash-bucket-size variables-hash-max-size
variables-hash-bucket-size http2-max-field-size http2-max-header-size http2-max-requests gzip-disable limit-conn-zone-variable
nginx-status-ipv4-whitelist nginx-status-ipv6-whitelist access-log-params jaeger-collector-host jaeger-collector-port
jaeger-service-name jaeger-sampler-type jaeger-sampler-param
`

const TUNING: ReadonlySet<string> = new Set(NAMES.split(/\s+/).filter((name) => name !== ''))
const RISK: ReadonlySet<string> = new Set([
  'annotation-value-word-blocklist',
  'annotations-risk-level',
  'allow-snippet-annotations',
])

/** Why nothing is lost without the key; `null` for keys that mean something here. */
export function whyIdle(key: string): string | null {
  if (TUNING.has(key)) return 'it says something about nginx itself'
  return RISK.has(key) ? 'no text of an annotation is ever executed, so there is no risk to bound' : null
}
