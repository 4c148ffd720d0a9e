/** What an Ingress asks for errors, whoever's annotations said so. */
export interface ErrorSettings {
  /** Service of the Ingress's namespace that answers where no endpoint is ready, and for errors; empty = none. */
  readonly defaultBackend: string
  /** Statuses that the default backend answers. */
  readonly statuses: readonly number[]
  readonly interceptsUpstream: boolean
}

export const PLAIN_ERRORS: ErrorSettings = { defaultBackend: '', statuses: [], interceptsUpstream: true }
