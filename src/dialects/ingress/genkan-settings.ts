/** What an Ingress asks for with Genkan's own annotations. */
import type { HeaderEdits } from '../../routing/header-edits.ts'
import type { RequestFilter } from '../../routing/request-filter.ts'

/** Part of the settings of an Ingress. */
export interface GenkanSettings {
  /** Values may hold request variables. */
  readonly requestHeaders: HeaderEdits | null
  readonly responseHeaders: HeaderEdits | null
  /** Answers carry the usual security headers where nothing else is said. */
  readonly hasSecurityHeaders: boolean
  readonly filter: RequestFilter
  /** Answers all paths of the Ingress. */
  readonly respond: { readonly status: number; readonly body: string } | null
  readonly respondContentType: string
  readonly pathSettings: readonly PathSetting[]
  /** Path whose requests are counted apart by limits; empty = all of the Ingress together. */
  readonly limitPath: string
}

/** Settings for one path of an Ingress. */
export interface PathSetting {
  readonly path: string
  /** Empty = any. */
  readonly pathType: string
  /** Annotations without prefix and their values, checked. */
  readonly set: Readonly<Record<string, string>>
}

export const NO_FILTER: RequestFilter = {
  denyPaths: [],
  denyUserAgents: [],
  denyStatus: 403,
  allowMethods: [],
  redirects: [],
}

export const PLAIN_GENKAN: GenkanSettings = {
  requestHeaders: null,
  responseHeaders: null,
  hasSecurityHeaders: false,
  filter: NO_FILTER,
  respond: null,
  respondContentType: 'text/plain',
  pathSettings: [],
  limitPath: '',
}
