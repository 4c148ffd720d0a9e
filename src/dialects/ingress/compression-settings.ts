/** How an Ingress wants its answers compressed, whoever's settings said so. */
import type { Coding, CodingPolicy } from '../../routing/compression.ts'
import type { Route } from '../../routing/model.ts'

/** Part of the settings of an Ingress. */
export interface CompressionSettings {
  readonly usesGzip: boolean
  readonly usesBrotli: boolean
  /** Best first, in place of the two above; `null` = they hold. */
  readonly codings: readonly Coding[] | null
  readonly limits: Readonly<Record<Coding, Omit<CodingPolicy, 'coding'>>>
}

/** ingress-nginx's `gzip-types` (configmap.md); text/html is always compressed. */
export const TEXT_TYPES: readonly string[] = [
  'application/atom+xml',
  'application/javascript',
  'application/json',
  'application/rss+xml',
  'application/vnd.ms-fontobject',
  'application/x-font-ttf',
  'application/x-javascript',
  'application/x-web-app-manifest+json',
  'application/xhtml+xml',
  'application/xml',
  'font/opentype',
  'image/svg+xml',
  'image/x-icon',
  'text/css',
  'text/javascript',
  'text/plain',
  'text/x-component',
]

export const PLAIN_COMPRESSION: CompressionSettings = {
  usesGzip: false,
  usesBrotli: false,
  codings: null,
  limits: {
    gzip: { level: 1, minBytes: 256, types: TEXT_TYPES },
    br: { level: 4, minBytes: 20, types: [...TEXT_TYPES, 'application/xml+rss'] },
    // No other controller has it: as fast as gzip's 1, and as long as pays.
    zstd: { level: 3, minBytes: 256, types: TEXT_TYPES },
  },
}

/** The part of a route that compresses; nothing where nothing is to be. */
export function compressionField({
  usesGzip,
  usesBrotli,
  codings,
  limits,
}: CompressionSettings): Pick<Route, 'compression'> {
  const switched: readonly Coding[] = [
    ...(usesBrotli ? (['br'] as const) : []),
    ...(usesGzip ? (['gzip'] as const) : []),
  ]
  const wanted = codings ?? switched
  return wanted.length === 0
    ? {}
    : { compression: { codings: wanted.map((coding) => ({ coding, ...limits[coding] })) } }
}
