/** Logs and traces: rows of the table of ConfigMap keys (ingress-nginx, configmap.md). */
import { idle, keyFamily } from './config-key-row.ts'

const JAEGER = 'ingress-nginx itself has dropped it; write otlp-collector-host, to which Jaeger listens too'
const STDERR = 'problems go to standard error, each once'

export const LOGS = keyFamily('Access log', {
  'log-format-upstream': [
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id',
    'A variable that Genkan does not have is a finding and is written as `-`.',
  ],
  'log-format-escape-json': 'false',
  'log-format-escape-none': ['false', 'CR and LF are escaped all the same: a request cannot begin a line of its own.'],
  'disable-access-log': 'false',
  'disable-http-access-log': 'false',
  'skip-access-log-urls': [
    '',
    'Compared with path and query: whole texts in any case of letters; `~` and `~*` begin expressions, which run in linear time.',
  ],
  'access-log-path': [
    '/var/log/nginx/access.log',
    'The flag `--access-log` wins. The default means standard output, to which the image of ingress-nginx links it.',
  ],
  'http-access-log-path': ['', 'Wins over `access-log-path`.'],
  'access-log-params': idle(
    '',
    'lines are gathered and written in blocks as it is; to compress logs is logrotate’s work',
  ),
  'enable-access-log-for-default-backend': idle(
    'false',
    'a request for an unknown host is logged once, like any other',
  ),
  'enable-auth-access-log': ['false', 'Requests to authentication services leave no line.'],
  'enable-syslog': [
    'false',
    'Lines go to `syslog-host` over UDP (RFC 3164) instead of to a file, as nginx sends them. The flag `--access-log` wins.',
  ],
  'syslog-host': '',
  'syslog-port': '514',
  'error-log-path': idle('/var/log/nginx/error.log', STDERR),
  'error-log-level': idle('notice', STDERR),
})

export const TRACES = keyFamily('Traces', {
  'enable-opentelemetry': [
    'false',
    'W3C trace contexts are continued or begun, and each request of a traced route becomes a span. Nothing of it is loaded while it is off.',
  ],
  'otlp-collector-host': ['', 'Without it trace contexts are passed on and spans go nowhere, with a finding.'],
  'otlp-collector-port': ['4317', 'OTLP over gRPC without TLS; 4318 is spoken to in OTLP over HTTP.'],
  'otel-service-name': 'nginx',
  'otel-sampler': ['AlwaysOn', '`AlwaysOn`, `AlwaysOff` or `TraceIdRatioBased`.'],
  'otel-sampler-ratio': '0.01',
  'otel-sampler-parent-based': 'true',
  'opentelemetry-trust-incoming-span': 'true',
  'opentelemetry-operation-name': [
    '',
    'May hold the variables of the access log. Without it: method and path of the rule.',
  ],
  'otel-schedule-delay-millis': '5000',
  'otel-max-export-batch-size': '512',
  'otel-max-queuesize': [
    '2048',
    'Spans for which there is no room are dropped and counted (`genkan_spans_dropped_total`).',
  ],
  'opentelemetry-config': idle(
    '/etc/ingress-controller/telemetry/opentelemetry.toml',
    'the keys otlp-* and otel-* say it all',
  ),
  'jaeger-collector-host': idle('', JAEGER),
  'jaeger-collector-port': idle('', JAEGER),
  'jaeger-service-name': idle('', JAEGER),
  'jaeger-sampler-type': idle('', JAEGER),
  'jaeger-sampler-param': idle('', JAEGER),
})
