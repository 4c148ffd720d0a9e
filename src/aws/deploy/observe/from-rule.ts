/** Conditions, actions and transforms as AWS says them back, in the words of the model. */
import type * as Elb from '@aws-sdk/client-elastic-load-balancing-v2'
import type { RuleAction, RuleCondition, RuleTransform } from '../../stack/rule.ts'

export function fromConditions(conditions: readonly Elb.RuleCondition[] | undefined): RuleCondition[] {
  return (conditions ?? []).map(fromCondition)
}

function fromCondition(condition: Elb.RuleCondition): RuleCondition {
  const field = condition.Field ?? ''
  switch (field) {
    case 'host-header':
    case 'path-pattern': {
      const config = field === 'host-header' ? condition.HostHeaderConfig : condition.PathPatternConfig
      const regexValues = config?.RegexValues ?? condition.RegexValues ?? []
      if (regexValues.length > 0) return { field, regexValues }
      return { field, values: config?.Values ?? condition.Values ?? [] }
    }
    case 'http-header': {
      const {
        HttpHeaderName: name = '',
        Values: values = [],
        RegexValues: regexValues = [],
      } = condition.HttpHeaderConfig ?? {}
      return regexValues.length > 0 ? { field, name, regexValues } : { field, name, values }
    }
    case 'source-ip':
      return { field, values: condition.SourceIpConfig?.Values ?? condition.Values ?? [] }
    case 'query-string': {
      const values = condition.QueryStringConfig?.Values ?? []
      return { field, values: values.map(({ Key: key = '', Value: value = '' }) => ({ key, value })) }
    }
    // A field that is new to us differs from all that we want, which is what matters.
    default:
      return {
        field: 'http-request-method',
        values: condition.HttpRequestMethodConfig?.Values ?? condition.Values ?? [],
      }
  }
}

/** @param secretFingerprint that of the OIDC client secret that we wrote last; empty = not known */
export function fromActions(actions: readonly Elb.Action[] | undefined, secretFingerprint: string): RuleAction[] {
  return [...(actions ?? [])]
    .sort((a, b) => (a.Order ?? 0) - (b.Order ?? 0))
    .map((action) => fromAction(action, secretFingerprint))
}

function fromAction(action: Elb.Action, secretFingerprint: string): RuleAction {
  if (action.RedirectConfig !== undefined) {
    const { Protocol, Host, Port, Path, Query, StatusCode } = action.RedirectConfig
    return {
      type: 'redirect',
      protocol: Protocol ?? '#{protocol}',
      host: Host ?? '#{host}',
      port: Port ?? '#{port}',
      path: Path ?? '/#{path}',
      query: Query ?? '#{query}',
      statusCode: StatusCode ?? 'HTTP_302',
    }
  }
  if (action.FixedResponseConfig !== undefined) {
    const { StatusCode = '', ContentType = '', MessageBody = '' } = action.FixedResponseConfig
    return { type: 'fixed-response', statusCode: StatusCode, contentType: ContentType, messageBody: MessageBody }
  }
  if (action.AuthenticateOidcConfig !== undefined) {
    const oidc = action.AuthenticateOidcConfig
    return {
      type: 'authenticate-oidc',
      config: {
        ...fromSession(oidc),
        issuer: oidc.Issuer ?? '',
        authorizationEndpoint: oidc.AuthorizationEndpoint ?? '',
        tokenEndpoint: oidc.TokenEndpoint ?? '',
        userInfoEndpoint: oidc.UserInfoEndpoint ?? '',
        secret: '',
        secretFingerprint,
      },
    }
  }
  if (action.AuthenticateCognitoConfig !== undefined) {
    const cognito = action.AuthenticateCognitoConfig
    return {
      type: 'authenticate-cognito',
      config: {
        ...fromSession(cognito),
        userPoolArn: cognito.UserPoolArn ?? '',
        userPoolClientId: cognito.UserPoolClientId ?? '',
        userPoolDomain: cognito.UserPoolDomain ?? '',
      },
    }
  }
  if (action.JwtValidationConfig !== undefined) {
    const { JwksEndpoint = '', Issuer = '', AdditionalClaims = [] } = action.JwtValidationConfig
    return {
      type: 'jwt-validation',
      config: {
        jwksEndpoint: JwksEndpoint,
        issuer: Issuer,
        additionalClaims: AdditionalClaims.map((claim) => ({
          format: claim.Format ?? 'single-string',
          name: claim.Name ?? '',
          values: claim.Values ?? [],
        })),
      },
    }
  }
  const tuples = action.ForwardConfig?.TargetGroups ?? [{ TargetGroupArn: action.TargetGroupArn, Weight: 1 }]
  const stickiness = action.ForwardConfig?.TargetGroupStickinessConfig
  return {
    type: 'forward',
    targetGroups: tuples.map((one) => ({ targetGroup: one.TargetGroupArn ?? '', weight: one.Weight ?? 1 })),
    ...(stickiness?.Enabled === true ? { stickinessSeconds: stickiness.DurationSeconds ?? 0 } : {}),
  }
}

function fromSession(config: Elb.AuthenticateOidcActionConfig | Elb.AuthenticateCognitoActionConfig) {
  return {
    onUnauthenticatedRequest: config.OnUnauthenticatedRequest ?? 'authenticate',
    scope: config.Scope ?? 'openid',
    sessionCookieName: config.SessionCookieName ?? 'AWSELBAuthSessionCookie',
    sessionTimeoutSeconds: config.SessionTimeout ?? 604_800,
    extraParams: config.AuthenticationRequestExtraParams ?? {},
  }
}

export function fromTransforms(transforms: readonly Elb.RuleTransform[] | undefined): RuleTransform[] {
  return (transforms ?? []).map((transform) => {
    const type = transform.Type === 'host-header-rewrite' ? 'host-header-rewrite' : 'url-rewrite'
    const config = type === 'url-rewrite' ? transform.UrlRewriteConfig : transform.HostHeaderRewriteConfig
    const rewrites = (config?.Rewrites ?? []).map(({ Regex: regex = '', Replace: replace = '' }) => ({
      regex,
      replace,
    }))
    return { type, rewrites }
  })
}

/** ARNs of target groups that the actions forward to. */
export function targetGroupsOf(actions: readonly RuleAction[]): string[] {
  return actions.flatMap((action) =>
    action.type === 'forward'
      ? action.targetGroups.map(({ targetGroup }) => (typeof targetGroup === 'string' ? targetGroup : ''))
      : [],
  )
}
