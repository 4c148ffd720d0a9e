/** Names that ingress-nginx read once, or as a plugin, and reads no more, and what to write instead. */
const OPENTRACING = 'OpenTracing is gone; use enable-opentelemetry'
const GLOBAL_LIMIT = 'cluster-wide rate limits are gone; use limit-rps or limit-rpm, which count per replica'
const INFLUX = 'the InfluxDB exporter is gone; read the metrics endpoint instead'
const BASE_URL = 'answers are no longer rewritten; make the application emit relative links'

export const REMOVED: Readonly<Record<string, string>> = {
  'secure-backends': 'write backend-protocol: "HTTPS"',
  'grpc-backend': 'write backend-protocol: "GRPC"',
  'add-base-url': BASE_URL,
  'base-url-scheme': BASE_URL,
  'session-cookie-hash': 'the hash can no longer be chosen; remove the annotation',
  'mirror-uri': 'write mirror-target with a URL',
  'secure-verify-ca-secret': 'write proxy-ssl-secret and proxy-ssl-verify: "on"',
  'enable-influxdb': INFLUX,
  'influxdb-measurement': INFLUX,
  'influxdb-port': INFLUX,
  'influxdb-host': INFLUX,
  'influxdb-server-name': INFLUX,
  'global-rate-limit': GLOBAL_LIMIT,
  'global-rate-limit-window': GLOBAL_LIMIT,
  'global-rate-limit-key': GLOBAL_LIMIT,
  'global-rate-limit-ignored-cidrs': GLOBAL_LIMIT,
  'enable-opentracing': OPENTRACING,
  'opentracing-trust-incoming-span': OPENTRACING,
  'opentracing-operation-name': OPENTRACING,
}
