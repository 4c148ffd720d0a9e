/** Whom an Ingress serves, how often, and for which origins, whoever's annotations said so. Plain data. */
import type { AddressPolicy } from '../../routing/address-policy.ts'
import type { CorsPolicy } from '../../routing/cors.ts'

/** Part of the settings of an Ingress. */
export interface AccessSettings {
  readonly addresses: AddressPolicy
  readonly limits: LimitSettings
  readonly cors: CorsSettings
}

/** Per client. 0 = off. */
export interface LimitSettings {
  readonly requestsPerSecond: number
  readonly requestsPerMinute: number
  readonly connections: number
  /** Burst = rate × this. */
  readonly burstMultiplier: number
  /** Addresses and ranges that are not counted. */
  readonly exempt: readonly string[]
  readonly rateStatus: number
  readonly connectionStatus: number
  /** Text with variables that connections are counted by; empty = the client's address. */
  readonly connectionKey: string
}

export interface CorsSettings {
  readonly isEnabled: boolean
  /** A part of the policy could not be read: no origin is let in. */
  readonly isBroken: boolean
  /** An empty list of origins lets none in. */
  readonly policy: CorsPolicy
}

/** ingress-nginx's defaults (docs/nginx-annotations.md: CORS, Limits and address lists). */
export const OPEN_ACCESS: AccessSettings = {
  addresses: { deny: [], allow: [] },
  limits: {
    requestsPerSecond: 0,
    requestsPerMinute: 0,
    connections: 0,
    burstMultiplier: 5,
    exempt: [],
    rateStatus: 503,
    connectionStatus: 503,
    connectionKey: '',
  },
  cors: {
    isEnabled: false,
    isBroken: false,
    policy: {
      allowOrigins: ['*'],
      allowMethods: 'GET, PUT, POST, DELETE, PATCH, OPTIONS',
      allowHeaders:
        'DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization',
      allowsCredentials: true,
      exposeHeaders: '',
      maxAgeSeconds: 1_728_000,
    },
  },
}
