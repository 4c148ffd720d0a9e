/** What an Ingress asks for with Genkan's own annotations. */
import type { HeaderEdits } from '../../routing/header-edits.ts'

/** Part of the settings of an Ingress. */
export interface GenkanSettings {
  /** Values may hold request variables. */
  readonly requestHeaders: HeaderEdits | null
  readonly responseHeaders: HeaderEdits | null
  /** Answers carry the usual security headers where nothing else is said. */
  readonly hasSecurityHeaders: boolean
}

export const PLAIN_GENKAN: GenkanSettings = {
  requestHeaders: null,
  responseHeaders: null,
  hasSecurityHeaders: false,
}
