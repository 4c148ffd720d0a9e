/** What an Ingress asks for the header fields of messages, whoever's annotations said so. */
import type { HeaderEdits } from '../../routing/header-edits.ts'

/** Part of the settings of an Ingress. */
export interface HeaderSettings {
  /** `[namespace/]name` of the ConfigMap with answer headers; empty = none. */
  readonly customHeaders: string
  readonly responseHeaders: HeaderEdits | null
  /** Host for the upstream; empty = the client's. */
  readonly upstreamHost: string
  /** Sent as X-Forwarded-Prefix where the path is rewritten; empty = not. */
  readonly forwardedPrefix: string
  readonly connectionHeader: '' | 'close' | 'keep-alive'
  /** Set on every request that goes upstream, after all else. */
  readonly upstreamHeaders: HeaderEdits | null
  readonly hideHeaders: readonly string[]
  readonly addsOriginalUri: boolean
}

export const NO_HEADERS: HeaderSettings = {
  customHeaders: '',
  responseHeaders: null,
  upstreamHost: '',
  forwardedPrefix: '',
  connectionHeader: '',
  upstreamHeaders: null,
  hideHeaders: [],
  addsOriginalUri: false,
}
