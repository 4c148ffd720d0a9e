/** When two settings mean the same to AWS: order of values, case of hosts and what AWS fills in do not count. */
import type { HealthCheck, MutualAuthentication, Ref, SubnetMapping } from '../../stack/model.ts'
import type { RuleAction, RuleCondition, RuleTransform } from '../../stack/rule.ts'

/** A reference as text; one that does not exist yet differs from everything that does. */
export type Resolve = (ref: Ref) => string

/** Conditions as one text; equal texts mean equal conditions. */
export function conditionsKey(conditions: readonly RuleCondition[]): string {
  return JSON.stringify(conditions.map(conditionKey).sort())
}

function conditionKey(condition: RuleCondition): string {
  const name = 'name' in condition ? condition.name.toLowerCase() : ''
  if ('regexValues' in condition)
    return JSON.stringify([condition.field, name, 'regex', [...condition.regexValues].sort()])
  if (condition.field === 'query-string') {
    return JSON.stringify([
      condition.field,
      condition.values.map(({ key, value }) => JSON.stringify([key, value])).sort(),
    ])
  }
  const values =
    condition.field === 'host-header' ? condition.values.map((value) => value.toLowerCase()) : condition.values
  return JSON.stringify([condition.field, name, [...values].sort()])
}

export function actionsKey(actions: readonly RuleAction[], resolve: Resolve): string {
  return JSON.stringify(actions.map((action) => actionKey(action, resolve)))
}

function actionKey(action: RuleAction, resolve: Resolve): unknown {
  switch (action.type) {
    case 'forward':
      return [
        'forward',
        action.targetGroups.map(({ targetGroup, weight }) => `${resolve(targetGroup)} ${weight}`).sort(),
        action.stickinessSeconds ?? 0,
      ]
    case 'redirect':
      return ['redirect', action.protocol, action.host, action.port, action.path, action.query, action.statusCode]
    case 'fixed-response':
      // Without a type AWS takes plain text.
      return [
        'fixed-response',
        action.statusCode,
        action.contentType === '' ? 'text/plain' : action.contentType,
        action.messageBody,
      ]
    case 'authenticate-oidc': {
      const { secret: _secret, extraParams, ...config } = action.config
      return [action.type, sorted(config), sorted(extraParams)]
    }
    case 'authenticate-cognito': {
      const { extraParams, ...config } = action.config
      return [action.type, sorted(config), sorted(extraParams)]
    }
    case 'jwt-validation': {
      const { additionalClaims: claims, ...config } = action.config
      return [
        action.type,
        sorted(config),
        claims.map(({ format, name, values }) => JSON.stringify([format, name, [...values].sort()])).sort(),
      ]
    }
  }
}

export function transformsKey(transforms: readonly RuleTransform[]): string {
  return JSON.stringify(
    transforms
      .map(({ type, rewrites }) => JSON.stringify([type, rewrites.map(({ regex, replace }) => [regex, replace])]))
      .sort(),
  )
}

/** Only what is wished counts: AWS fills in the rest. */
export function isSameHealthCheck(wished: HealthCheck, current: HealthCheck): boolean {
  return (
    wished.protocol === current.protocol &&
    wished.port === current.port &&
    (wished.protocol === 'TCP' || wished.path === undefined || wished.path === current.path) &&
    (wished.protocol === 'TCP' || wished.matcher === undefined || isSameMatcher(wished.matcher, current.matcher)) &&
    wished.intervalSeconds === current.intervalSeconds &&
    wished.timeoutSeconds === current.timeoutSeconds &&
    wished.healthyThreshold === current.healthyThreshold &&
    wished.unhealthyThreshold === current.unhealthyThreshold
  )
}

function isSameMatcher(a: NonNullable<HealthCheck['matcher']>, b: HealthCheck['matcher']): boolean {
  return a.kind === b?.kind && a.codes === b.codes
}

/** Addresses that are not wished are AWS's choice. */
export function areSameSubnets(wished: readonly SubnetMapping[], current: readonly SubnetMapping[]): boolean {
  const by = new Map(current.map((one) => [one.subnetId, one]))
  return (
    wished.length === current.length &&
    wished.every((one) => {
      const other = by.get(one.subnetId)
      return (
        other !== undefined &&
        (one.allocationId ?? other.allocationId) === other.allocationId &&
        (one.privateIPv4Address ?? other.privateIPv4Address) === other.privateIPv4Address &&
        (one.ipv6Address ?? other.ipv6Address) === other.ipv6Address &&
        (one.sourceNatIpv6Prefix ?? other.sourceNatIpv6Prefix) === other.sourceNatIpv6Prefix
      )
    })
  )
}

export function mutualKey(mutual: MutualAuthentication | undefined): string {
  if (mutual?.mode !== 'verify') return mutual?.mode ?? 'off'
  const { trustStoreArn, ignoreClientCertificateExpiry = false, advertiseTrustStoreCaNames = 'off' } = mutual
  return `verify ${trustStoreArn ?? ''} ${ignoreClientCertificateExpiry} ${advertiseTrustStoreCaNames}`
}

export function areSameSets(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && new Set([...a, ...b]).size === a.length
}

function sorted(record: object): unknown {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))
}
