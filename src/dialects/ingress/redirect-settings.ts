/** What an Ingress asks for redirects and for the names of its hosts, whoever's annotations said so. */
export interface RedirectSettings {
  /** Keep a final `/` in redirects to https. */
  readonly keepsTrailingSlash: boolean
  /** Name the https listener's port in redirects to https. */
  readonly namesPort: boolean
  /** Redirects within a host have no scheme and host. */
  readonly isRelative: boolean
  /** Redirect the name with or without `www.`, whichever the rules do not have. */
  readonly fromToWww: boolean
  /** Further names of the hosts; lower-case. */
  readonly aliases: readonly string[]
}

export const PLAIN_REDIRECTS: RedirectSettings = {
  keepsTrailingSlash: false,
  namesPort: false,
  isRelative: false,
  fromToWww: false,
  aliases: [],
}
