/** Conditions, actions and transforms of listener rules. Source: elbv2 API reference, RuleCondition, Action, RuleTransform. */
import type { Ref } from './model.ts'

export type RuleCondition =
  | { readonly field: 'host-header' | 'path-pattern'; readonly values: readonly string[] }
  | { readonly field: 'host-header' | 'path-pattern'; readonly regexValues: readonly string[] }
  | { readonly field: 'http-header'; readonly name: string; readonly values: readonly string[] }
  | { readonly field: 'http-header'; readonly name: string; readonly regexValues: readonly string[] }
  | { readonly field: 'http-request-method' | 'source-ip'; readonly values: readonly string[] }
  | {
      readonly field: 'query-string'
      /** An empty key matches any. */
      readonly values: readonly { readonly key: string; readonly value: string }[]
    }

/** In the order in which they run; the last one is `forward`, `redirect` or `fixed-response`. */
export type RuleAction =
  | {
      readonly type: 'forward'
      /** Weights from 0 to 999; a lone target group has weight 1. */
      readonly targetGroups: readonly { readonly targetGroup: Ref; readonly weight: number }[]
      /** Seconds; absent = no stickiness between target groups. */
      readonly stickinessSeconds?: number
    }
  | {
      readonly type: 'redirect'
      /** `#{protocol}`, `#{host}`, `#{port}`, `/#{path}` and `#{query}` keep what the request has. */
      readonly protocol: string
      readonly host: string
      readonly port: string
      readonly path: string
      readonly query: string
      readonly statusCode: 'HTTP_301' | 'HTTP_302'
    }
  | {
      readonly type: 'fixed-response'
      readonly statusCode: string
      /** Empty = none. */
      readonly contentType: string
      readonly messageBody: string
    }
  | { readonly type: 'authenticate-cognito'; readonly config: AuthenticateCognito }
  | { readonly type: 'authenticate-oidc'; readonly config: AuthenticateOidc }
  | { readonly type: 'jwt-validation'; readonly config: JwtValidation }

interface AuthenticateCommon {
  readonly onUnauthenticatedRequest: 'authenticate' | 'allow' | 'deny'
  readonly scope: string
  readonly sessionCookieName: string
  readonly sessionTimeoutSeconds: number
  readonly extraParams: Readonly<Record<string, string>>
}

export interface AuthenticateCognito extends AuthenticateCommon {
  readonly userPoolArn: string
  readonly userPoolClientId: string
  readonly userPoolDomain: string
}

export interface AuthenticateOidc extends AuthenticateCommon {
  readonly issuer: string
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  readonly userInfoEndpoint: string
  /** `namespace/name` of the Secret; the driver reads client id and secret when it writes, so that none is in the model. */
  readonly secret: string
  /** SHA-256 over both, lower-case hex; a changed Secret is written again. */
  readonly secretFingerprint: string
}

export interface JwtValidation {
  readonly jwksEndpoint: string
  readonly issuer: string
  readonly additionalClaims: readonly {
    readonly format: 'single-string' | 'string-array' | 'space-separated-values'
    readonly name: string
    readonly values: readonly string[]
  }[]
}

export interface RuleTransform {
  readonly type: 'url-rewrite' | 'host-header-rewrite'
  readonly rewrites: readonly { readonly regex: string; readonly replace: string }[]
}
