/** Keys of ingress-nginx's ConfigMap that are known but have no effect here yet (reference, section 2). */

/** Separated by spaces and lines. */
const NAMES = `
allow-snippet-annotations annotations-risk-level annotation-value-word-blocklist
strict-validate-path-type server-tokens
allow-backend-server-header
use-http2 upstream-keepalive-time client-header-buffer-size client-body-buffer-size
proxy-buffer-size proxy-buffers-number proxy-busy-buffers-size proxy-buffering proxy-request-buffering proxy-http-version
proxy-max-temp-file-size
ignore-invalid-headers default-type bind-address disable-ipv6 reuse-port
worker-processes max-worker-connections worker-shutdown-timeout enable-serial-reloads grpc-buffer-size-kb
limit-rate limit-rate-after limit-conn-zone-variable
use-gzip gzip-level gzip-min-length gzip-types gzip-disable enable-brotli brotli-level brotli-min-length brotli-types
main-snippet http-snippet server-snippet location-snippet stream-snippet
global-auth-snippet
access-log-params error-log-path error-log-level stream-access-log-path
enable-access-log-for-default-backend enable-auth-access-log
opentelemetry-config
enable-modsecurity enable-owasp-modsecurity-crs modsecurity-snippet nginx-status-ipv4-whitelist nginx-status-ipv6-whitelist
debug-connections disable-ipv6-dns enable-aio-write enable-multi-accept max-worker-open-files worker-cpu-affinity
forwarded-for-proxy-protocol-header http2-max-field-size http2-max-header-size http2-max-requests lua-shared-dicts
map-hash-bucket-size proxy-headers-hash-max-size proxy-headers-hash-bucket-size server-name-hash-max-size
server-name-hash-bucket-size variables-hash-max-size variables-hash-bucket-size use-geoip use-geoip2
geoip2-autoreload-in-minutes 
jaeger-collector-host jaeger-collector-port jaeger-service-name jaeger-sampler-type jaeger-sampler-param
`
export const UNSERVED_CONFIG_KEYS: ReadonlySet<string> = new Set(NAMES.split(/\s+/).filter((name) => name !== ''))
