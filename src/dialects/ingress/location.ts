/** Locations: the paths that Ingresses claim on a host, between the objects they come from and the routes they become. */
import type { Ingress, IngressBackend } from '../../kube/objects.ts'
import type { LocalAnswer, PathMatch } from '../../routing/model.ts'
import type { Personality } from './personality.ts'
import type { IngressSettings } from './settings.ts'

/** An Ingress that is served, with what it asks for. */
export interface ServedIngress {
  readonly ingress: Ingress
  readonly personality: Personality
  readonly settings: IngressSettings
  /** The ALB that it is on, see `albGroupOf`; empty for those that are no ALB's. */
  readonly group: string
}

export type LocationTarget =
  | { readonly kind: 'backend'; readonly backend: IngressBackend }
  /** The default backend of the installation. */
  | { readonly kind: 'default' }
  | { readonly kind: 'respond'; readonly answer: LocalAnswer }
  | { readonly kind: 'redirect'; readonly status: number; readonly location: string }
  /** To https whatever the path is; over https the next location decides (ALB's redirect action). */
  | { readonly kind: 'https-redirect'; readonly status: 301 | 302 }
  | { readonly kind: 'redirect-path'; readonly status: number; readonly path: string }

export interface Location {
  readonly served: ServedIngress
  /** Path as the rule has it; `/` when it has none. */
  readonly path: string
  readonly pathType: 'Exact' | 'Prefix' | 'ImplementationSpecific'
  readonly match: PathMatch
  readonly target: LocationTarget
  /** Of the Ingress, or `host` level defaults where the Ingress's own do not apply. */
  readonly settings: IngressSettings
  /** Field of the rule's path in the Ingress, for origins. */
  readonly field: readonly (string | number)[]
  /** Field of the backend in the Ingress. */
  readonly backendField: readonly (string | number)[]
  /** Distinguishes routes that one rule makes; empty for the main one. */
  readonly role: '' | 'default' | 'slash'
  /** Takes a share of the requests. */
  readonly canary?: CanaryLocation
  /** Position in the order of an ALB's rules; 0 elsewhere. */
  readonly rank: number
}

/** A path of a canary Ingress. */
export interface CanaryLocation {
  readonly served: ServedIngress
  readonly backend: IngressBackend
  readonly backendField: readonly (string | number)[]
}

/** All that is claimed on one host. */
export interface HostDraft {
  readonly host: string
  /** Ingresses with a rule for the host, oldest first. The first one owns the host. */
  readonly members: ServedIngress[]
  readonly locations: Location[]
}

/** Two locations with the same key claim the same requests. */
export function claimKey(match: PathMatch): string {
  switch (match.kind) {
    case 'regex':
      return `regex ${match.source}`
    case 'exact':
    case 'prefix':
    case 'string-prefix':
      return `${match.kind} ${match.path}`
  }
}
