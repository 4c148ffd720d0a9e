/** Logs and traces: rows of the annotation registry (ingress-nginx, annotations.md: Enable Access Log, Enable Opentelemetry). */
import { BOOL, TEXT } from '../vocabulary.ts'
import { family } from './annotation-row.ts'

export const TELEMETRY = family('Logs and traces', 'location', {
  'enable-access-log': { value: BOOL, initial: 'true', risk: 'Low', tier: 'common', support: 'works' },
  'enable-rewrite-log': {
    value: BOOL,
    initial: 'false',
    risk: 'Low',
    tier: 'rare',
    support: 'accepted',
    idle: 'genkan explain shows rewrites',
  },
  'enable-opentelemetry': {
    value: BOOL,
    initial: 'ConfigMap `enable-opentelemetry` (false)',
    risk: 'Low',
    tier: 'common',
    support: 'works',
    note: 'A `traceparent` of the client is continued, or replaced where it is not trusted; spans go to the ConfigMap’s `otlp-collector-host` by OTLP.',
  },
  'opentelemetry-trust-incoming-span': {
    value: BOOL,
    initial: 'ConfigMap `opentelemetry-trust-incoming-span` (true)',
    risk: 'Low',
    tier: 'rare',
    support: 'works',
  },
  'opentelemetry-operation-name': {
    value: TEXT,
    risk: 'Medium',
    tier: 'rare',
    support: 'works',
    note: 'May hold the variables of the access log. Without it: method and path of the rule.',
  },
})
