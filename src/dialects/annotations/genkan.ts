/**
 * Genkan's own annotations. They mean the same on every Ingress, whichever controller it was written for, and stand in for
 * what people wrote as snippets of nginx configuration. `docs/genkan-annotations.md` has the same rows; a test compares.
 */
import {
  type AnnotatedKind,
  type AnnotationRow,
  BOOL,
  int,
  SIZE,
  TEXT,
  type ValueType,
  type Vocabulary,
} from './vocabulary.ts'

export const GENKAN_PREFIX = 'genkan.dev/'

export interface GenkanEntry {
  /** After the prefix. */
  readonly name: string
  readonly on: readonly AnnotatedKind[]
  readonly value: ValueType
  /** What a value looks like, in a few words for the docs. */
  readonly form: string
  /** What holds without the annotation, in a few words for the docs. */
  readonly fallback: string
}

const INGRESS: readonly AnnotatedKind[] = ['Ingress']

function ingressEntry(name: string, value: ValueType, form: string, fallback: string): GenkanEntry {
  return { name, on: INGRESS, value, form, fallback }
}

function backendEntry(name: string, value: ValueType, form: string, fallback: string): GenkanEntry {
  return { name, on: ['Ingress', 'Service'], value, form, fallback }
}

const DURATION_FORM = 'a time such as 500ms, 30s, 2m'

const HEADER_LINES = 'lines `Name: value`'
const HEADER_NAMES = 'comma list of header names'

/** Sorted by name. */
export const GENKAN_ENTRIES: readonly GenkanEntry[] = [
  ingressEntry('allow-methods', TEXT, 'comma list of methods', 'all methods'),
  ingressEntry('aws-spill-over', BOOL, 'true, false', 'false'),
  ingressEntry('compression', TEXT, 'comma list of gzip, br, zstd; or off', 'as the ConfigMap says'),
  ingressEntry('deny-paths', TEXT, 'lines or comma list of path prefixes and ~expressions', 'none'),
  ingressEntry('deny-status', int(400, 599), '400 to 599', '403'),
  ingressEntry('deny-user-agents', TEXT, 'comma list of texts and ~expressions', 'none'),
  { name: 'endpoint-weight', on: ['Pod'], value: int(0, 100), form: '0 to 100', fallback: '100' },
  backendEntry('health-check-expected-statuses', TEXT, 'comma list of statuses and ranges', '200-399'),
  backendEntry('health-check-healthy-threshold', int(1, 100), '1 to 100', '2'),
  backendEntry('health-check-host', TEXT, 'host name', "the endpoint's address, or its external name"),
  backendEntry('health-check-interval', TEXT, DURATION_FORM, '10s'),
  backendEntry('health-check-path', TEXT, 'path', 'no checks'),
  backendEntry('health-check-port', int(1, 65_535), 'port', "the endpoint's port"),
  backendEntry('health-check-timeout', TEXT, DURATION_FORM, '2s'),
  backendEntry('health-check-unhealthy-threshold', int(1, 100), '1 to 100', '3'),
  ingressEntry('limit-status', int(400, 599), '400 to 599', '503'),
  ingressEntry('max-body-size', SIZE, 'size such as 8m', 'as the class has it'),
  backendEntry('max-connections', int(1, 1_000_000), '1 to 1000000', 'no limit'),
  backendEntry('max-pending-requests', int(0, 1_000_000), '0 to 1000000', '100'),
  backendEntry('max-requests', int(1, 1_000_000), '1 to 1000000', 'no limit'),
  ingressEntry('path-settings', TEXT, 'YAML or JSON list', 'none'),
  ingressEntry('per-try-timeout', TEXT, DURATION_FORM, 'none'),
  ingressEntry('redirects', TEXT, 'lines `status from to`', 'none'),
  ingressEntry('request-headers-add', TEXT, HEADER_LINES, 'none'),
  ingressEntry('request-headers-remove', TEXT, HEADER_NAMES, 'none'),
  ingressEntry('request-headers-set', TEXT, HEADER_LINES, 'none'),
  ingressEntry('request-timeout', TEXT, DURATION_FORM, 'none'),
  ingressEntry('respond', TEXT, '`status text`', 'off'),
  ingressEntry('respond-content-type', TEXT, 'media type', '`text/plain`'),
  ingressEntry('response-headers-add', TEXT, HEADER_LINES, 'none'),
  ingressEntry('response-headers-remove', TEXT, HEADER_NAMES, 'none'),
  ingressEntry('response-headers-set', TEXT, HEADER_LINES, 'none'),
  backendEntry('retry-budget-percent', int(0, 100), '0 to 100', '20'),
  ingressEntry('security-headers', BOOL, 'true, false', 'false'),
  backendEntry('slow-start', TEXT, DURATION_FORM, 'off'),
]

export const GENKAN: Vocabulary = {
  controller: 'Genkan',
  prefix: GENKAN_PREFIX,
  rows: GENKAN_ENTRIES.map(({ name, on, value }): AnnotationRow => ({ name, on, value, tier: 'common' })),
  aliases: {},
  removed: {},
  strict: 'all',
  areValuesJudgedElsewhere: true,
}
