/** Conditions, actions and transforms as inputs of calls. */
import type { Ref } from '../../stack/model.ts'
import type { RuleAction, RuleCondition, RuleTransform } from '../../stack/rule.ts'
import type { Placeholder } from '../operation.ts'

type Value = (ref: Ref) => string | Placeholder

export function toConditions(conditions: readonly RuleCondition[]): readonly Record<string, unknown>[] {
  return conditions.map((condition) => {
    const { field } = condition
    switch (field) {
      case 'host-header':
        return { Field: field, HostHeaderConfig: toValues(condition) }
      case 'path-pattern':
        return { Field: field, PathPatternConfig: toValues(condition) }
      case 'http-header':
        return { Field: field, HttpHeaderConfig: { HttpHeaderName: condition.name, ...toValues(condition) } }
      case 'http-request-method':
        return { Field: field, HttpRequestMethodConfig: toValues(condition) }
      case 'source-ip':
        return { Field: field, SourceIpConfig: toValues(condition) }
      case 'query-string':
        return {
          Field: field,
          QueryStringConfig: {
            Values: condition.values.map(({ key, value }) =>
              key === '' ? { Value: value } : { Key: key, Value: value },
            ),
          },
        }
    }
  })
}

function toValues(
  condition: { readonly values: readonly string[] } | { readonly regexValues: readonly string[] },
): object {
  return 'values' in condition ? { Values: condition.values } : { RegexValues: condition.regexValues }
}

export function toActions(actions: readonly RuleAction[], value: Value): readonly Record<string, unknown>[] {
  return actions.map((action, index) => ({ Type: action.type, Order: index + 1, ...toAction(action, value) }))
}

function toAction(action: RuleAction, value: Value): Record<string, unknown> {
  switch (action.type) {
    case 'forward': {
      const { targetGroups, stickinessSeconds } = action
      const [first] = targetGroups
      // The short form is what Network Load Balancers take too.
      if (targetGroups.length === 1 && first?.weight === 1 && stickinessSeconds === undefined) {
        return { TargetGroupArn: value(first.targetGroup) }
      }
      return {
        ForwardConfig: {
          TargetGroups: targetGroups.map((one) => ({ TargetGroupArn: value(one.targetGroup), Weight: one.weight })),
          TargetGroupStickinessConfig:
            stickinessSeconds === undefined
              ? { Enabled: false }
              : { Enabled: true, DurationSeconds: stickinessSeconds },
        },
      }
    }
    case 'redirect':
      return {
        RedirectConfig: {
          Protocol: action.protocol,
          Host: action.host,
          Port: action.port,
          Path: action.path,
          Query: action.query,
          StatusCode: action.statusCode,
        },
      }
    case 'fixed-response':
      return {
        FixedResponseConfig: {
          StatusCode: action.statusCode,
          ...(action.contentType === '' ? {} : { ContentType: action.contentType }),
          ...(action.messageBody === '' ? {} : { MessageBody: action.messageBody }),
        },
      }
    case 'authenticate-cognito': {
      const { config } = action
      return {
        AuthenticateCognitoConfig: {
          UserPoolArn: config.userPoolArn,
          UserPoolClientId: config.userPoolClientId,
          UserPoolDomain: config.userPoolDomain,
          ...toSession(config),
        },
      }
    }
    case 'authenticate-oidc': {
      const { config } = action
      return {
        AuthenticateOidcConfig: {
          Issuer: config.issuer,
          AuthorizationEndpoint: config.authorizationEndpoint,
          TokenEndpoint: config.tokenEndpoint,
          UserInfoEndpoint: config.userInfoEndpoint,
          ClientId: { $secret: config.secret, part: 'clientId' },
          ClientSecret: { $secret: config.secret, part: 'clientSecret' },
          ...toSession(config),
        },
      }
    }
    case 'jwt-validation': {
      const { jwksEndpoint, issuer, additionalClaims } = action.config
      return {
        JwtValidationConfig: {
          JwksEndpoint: jwksEndpoint,
          Issuer: issuer,
          ...(additionalClaims.length === 0
            ? {}
            : {
                AdditionalClaims: additionalClaims.map(({ format, name, values }) => ({
                  Format: format,
                  Name: name,
                  Values: values,
                })),
              }),
        },
      }
    }
  }
}

function toSession(
  config:
    | Extract<RuleAction, { type: 'authenticate-oidc' }>['config']
    | Extract<RuleAction, { type: 'authenticate-cognito' }>['config'],
) {
  return {
    OnUnauthenticatedRequest: config.onUnauthenticatedRequest,
    Scope: config.scope,
    SessionCookieName: config.sessionCookieName,
    SessionTimeout: config.sessionTimeoutSeconds,
    AuthenticationRequestExtraParams: config.extraParams,
  }
}

export function toTransforms(transforms: readonly RuleTransform[]): readonly Record<string, unknown>[] {
  return transforms.map(({ type, rewrites }) => {
    const config = { Rewrites: rewrites.map(({ regex, replace }) => ({ Regex: regex, Replace: replace })) }
    return type === 'url-rewrite'
      ? { Type: type, UrlRewriteConfig: config }
      : { Type: type, HostHeaderRewriteConfig: config }
  })
}

/** Fingerprint of the Secret of an OIDC action; empty without one. */
export function secretFingerprintOf(actions: readonly RuleAction[]): string {
  return actions.find((action) => action.type === 'authenticate-oidc')?.config.secretFingerprint ?? ''
}
