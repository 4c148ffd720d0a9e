/** Where an Ingress wants copies of its requests sent, whoever's annotations said so. */
import type { MirrorConfig } from '../../routing/mirror.ts'

/** Part of the settings of an Ingress. */
export interface MirrorSettings {
  /** URL; empty = off. */
  readonly url: string
  /** Empty = the URL's. */
  readonly host: string
  readonly sendsBody: boolean
  /** With its backend found; `null` until then, and where there is none. */
  readonly config: MirrorConfig | null
}

export const NO_MIRROR: MirrorSettings = { url: '', host: '', sendsBody: true, config: null }
