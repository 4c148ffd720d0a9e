/** Contour's annotations on Ingress, HTTPProxy and Service. */
import { DURATION, int, oneOf, PORT_OR_NAME, rowsOf, TEXT, TEXT_LIST, type Vocabulary } from './vocabulary.ts'

const ON_ROUTES = rowsOf('common', {
  'num-retries': int(-1),
  'per-try-timeout': DURATION,
  'retry-on': TEXT_LIST,
  'response-timeout': DURATION,
  'tls-minimum-protocol-version': oneOf('1.2', '1.3'),
  'tls-maximum-protocol-version': oneOf('1.2', '1.3'),
  'tls-cert-namespace': TEXT,
  'websocket-routes': TEXT_LIST,
})

const ON_ANY_ROUTE_KIND = rowsOf('core', { 'ingress.class': TEXT }, ['Ingress', 'HTTPProxy'])

const ON_SERVICES = rowsOf(
  'common',
  {
    'max-connections': int(),
    'max-pending-requests': int(),
    'max-requests': int(),
    'max-retries': int(),
    'per-host-max-connections': int(),
    'upstream-protocol.h2': { kind: 'list', of: PORT_OR_NAME },
    'upstream-protocol.h2c': { kind: 'list', of: PORT_OR_NAME },
    'upstream-protocol.tls': { kind: 'list', of: PORT_OR_NAME },
  },
  ['Service'],
)

export const CONTOUR: Vocabulary = {
  controller: 'Contour',
  prefix: 'projectcontour.io/',
  rows: [...ON_ROUTES, ...ON_ANY_ROUTE_KIND, ...ON_SERVICES],
  aliases: { 'request-timeout': 'projectcontour.io/response-timeout' },
  removed: {},
  strict: 'all',
  areValuesJudgedElsewhere: false,
}

/** The prefix of Contour before 1.0. */
export const CONTOUR_LEGACY: Vocabulary = {
  controller: 'Contour before 1.0',
  prefix: 'contour.heptio.com/',
  rows: [],
  aliases: {
    ...Object.fromEntries(CONTOUR.rows.map((row) => [row.name, `projectcontour.io/${row.name}`])),
    ...CONTOUR.aliases,
  },
  removed: {},
  strict: 'all',
  areValuesJudgedElsewhere: false,
}
