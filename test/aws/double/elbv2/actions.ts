/** Actions of rules and listeners: what AWS refuses, and how it says them back. */
import type * as Elb from '@aws-sdk/client-elastic-load-balancing-v2'
import { refuse } from '../refusal.ts'
import type { ListenerThing, World } from '../world.ts'
import { groupsOfActions, groupsOfLoadBalancer, loadBalancerOf, targetGroupOf, usersOfGroup } from './lookup.ts'

/** Protocols of target groups by protocol of the listener. */
const PARTNERS: Readonly<Record<string, readonly string[]>> = {
  HTTP: ['HTTP', 'HTTPS'],
  HTTPS: ['HTTP', 'HTTPS'],
  TCP: ['TCP', 'TCP_UDP'],
  UDP: ['UDP', 'TCP_UDP'],
  TLS: ['TCP', 'TLS'],
  TCP_UDP: ['TCP_UDP'],
  QUIC: ['QUIC'],
  TCP_QUIC: ['TCP_QUIC'],
}

const TERMINAL = ['forward', 'redirect', 'fixed-response']

/** `except` is the listener or rule whose present actions these replace. */
export function toActions(
  world: World,
  listener: Pick<ListenerThing['shape'], 'LoadBalancerArn' | 'Protocol'>,
  given: readonly Elb.Action[] | undefined,
  except?: string,
): Elb.Action[] {
  const actions = [...(given ?? [])].sort((a, b) => (a.Order ?? 0) - (b.Order ?? 0))
  const last = actions.at(-1)
  if (last === undefined) refuse('ValidationError', 'At least one action is required')
  const terminals = actions.filter((action) => TERMINAL.includes(action.Type ?? ''))
  if (terminals.length !== 1 || terminals[0] !== last) {
    refuse(
      'InvalidLoadBalancerAction',
      'There must be exactly one forward, redirect or fixed-response, and it must be last',
    )
  }
  if (actions.length > 2) refuse('TooManyActions', 'Too many actions')
  const orders = actions.map((action) => action.Order)
  if (actions.length > 1 && (orders.includes(undefined) || new Set(orders).size !== orders.length)) {
    refuse('ValidationError', 'Each action must have an order of its own')
  }
  const { shape } = loadBalancerOf(world, listener.LoadBalancerArn)
  if (shape.Type === 'network' && (actions.length > 1 || last.Type !== 'forward')) {
    refuse('InvalidLoadBalancerAction', 'A Network Load Balancer can only forward')
  }
  const normal = actions.map((action, index) => ({ ...toAction(action, listener.Protocol ?? ''), Order: index + 1 }))

  const groups = [...new Set(groupsOfActions(normal))]
  if (groups.length > world.quotas.targetGroupsPerAction)
    refuse('TooManyUniqueTargetGroupsPerLoadBalancer', 'Too many per action')
  for (const arn of groups) {
    const group = targetGroupOf(world, arn).shape
    if (!(PARTNERS[listener.Protocol ?? ''] ?? []).includes(group.Protocol ?? '')) {
      refuse(
        'IncompatibleProtocols',
        `A listener of ${listener.Protocol ?? ''} cannot forward to a target group of ${group.Protocol ?? ''}`,
      )
    }
    if (group.ProtocolVersion === 'GRPC' && listener.Protocol !== 'HTTPS') {
      refuse(
        'InvalidConfigurationRequest',
        'Listener protocol HTTP is not supported with target group protocol version GRPC',
      )
    }
    if (group.VpcId !== undefined && group.VpcId !== shape.VpcId) refuse('InvalidConfigurationRequest', 'Another VPC')
    if (usersOfGroup(world, arn).some((user) => user !== listener.LoadBalancerArn)) {
      refuse('TargetGroupAssociationLimit', `Target group '${arn}' is in use by another load balancer`)
    }
  }
  const all = groupsOfLoadBalancer(world, listener.LoadBalancerArn, except)
  for (const arn of groups) all.add(arn)
  if (all.size > world.quotas.targetGroupsPerLoadBalancer) {
    refuse('TooManyUniqueTargetGroupsPerLoadBalancer', `${all.size} target groups are too many for one load balancer`)
  }
  return normal
}

function toAction(action: Elb.Action, protocol: string): Elb.Action {
  const { Type: type } = action
  if (['authenticate-oidc', 'authenticate-cognito', 'jwt-validation'].includes(type ?? '') && protocol !== 'HTTPS') {
    refuse('InvalidLoadBalancerAction', `Action type '${type ?? ''}' needs an HTTPS listener`)
  }
  switch (type) {
    case 'forward':
      return toForward(action)
    case 'redirect':
      return { Type: type, RedirectConfig: toRedirect(action.RedirectConfig, protocol) }
    case 'fixed-response': {
      const config = action.FixedResponseConfig
      if (!/^[245]\d\d$/.test(config?.StatusCode ?? ''))
        refuse('ValidationError', 'A fixed response needs a status 2XX, 4XX or 5XX')
      if ((config?.MessageBody ?? '').length > 1024)
        refuse('ValidationError', 'The message body has more than 1024 characters')
      const types = ['text/plain', 'text/css', 'text/html', 'application/javascript', 'application/json']
      if (config?.ContentType !== undefined && !types.includes(config.ContentType))
        refuse('ValidationError', 'Invalid content type')
      return { Type: type, FixedResponseConfig: config }
    }
    case 'authenticate-oidc': {
      const config = action.AuthenticateOidcConfig ?? refuse('ValidationError', 'AuthenticateOidcConfig is required')
      if (config.ClientId === undefined || config.ClientId === '') refuse('ValidationError', 'ClientId is required')
      if (config.ClientSecret === undefined && config.UseExistingClientSecret !== true) {
        refuse('ValidationError', 'ClientSecret is required')
      }
      // The secret is never said back.
      const { ClientSecret: _secret, UseExistingClientSecret: _existing, ...rest } = config
      return { Type: type, AuthenticateOidcConfig: { ...SESSION, ...rest } }
    }
    case 'authenticate-cognito': {
      const config =
        action.AuthenticateCognitoConfig ?? refuse('ValidationError', 'AuthenticateCognitoConfig is required')
      return { Type: type, AuthenticateCognitoConfig: { ...SESSION, ...config } }
    }
    case 'jwt-validation': {
      const config = action.JwtValidationConfig ?? refuse('ValidationError', 'JwtValidationConfig is required')
      return { Type: type, JwtValidationConfig: config }
    }
    case undefined:
    default:
      return refuse('ValidationError', `Unknown action type '${type ?? ''}'`)
  }
}

const SESSION = {
  SessionCookieName: 'AWSELBAuthSessionCookie',
  Scope: 'openid',
  SessionTimeout: 604_800,
  AuthenticationRequestExtraParams: {},
  OnUnauthenticatedRequest: 'authenticate',
} as const

function toForward(action: Elb.Action): Elb.Action {
  const tuples = action.ForwardConfig?.TargetGroups ?? [{ TargetGroupArn: action.TargetGroupArn }]
  if (tuples.length > 1 && tuples.some((one) => one.Weight === undefined))
    refuse('ValidationError', 'Each target group needs a weight')
  const groups = tuples.map((one) => ({ TargetGroupArn: one.TargetGroupArn, Weight: one.Weight ?? 1 }))
  if (groups.some(({ Weight }) => Weight < 0 || Weight > 999)) refuse('ValidationError', 'Weights are 0 to 999')
  const stickiness = action.ForwardConfig?.TargetGroupStickinessConfig
  if (
    stickiness?.Enabled === true &&
    ((stickiness.DurationSeconds ?? 0) < 1 || (stickiness.DurationSeconds ?? 0) > 604_800)
  ) {
    refuse('ValidationError', 'Stickiness lasts 1 to 604800 seconds')
  }
  return {
    Type: 'forward',
    // Said twice when there is one.
    ...(groups.length === 1 ? { TargetGroupArn: groups[0]?.TargetGroupArn } : {}),
    ForwardConfig: {
      TargetGroups: groups,
      TargetGroupStickinessConfig: stickiness?.Enabled === true ? stickiness : { Enabled: false },
    },
  }
}

function toRedirect(config: Elb.RedirectActionConfig | undefined, protocol: string): Elb.RedirectActionConfig {
  if (!['HTTP_301', 'HTTP_302'].includes(config?.StatusCode ?? ''))
    refuse('ValidationError', 'A redirect needs HTTP_301 or HTTP_302')
  const normal = {
    Protocol: config?.Protocol ?? '#{protocol}',
    Host: config?.Host ?? '#{host}',
    Port: config?.Port ?? '#{port}',
    Path: config?.Path ?? '/#{path}',
    Query: config?.Query ?? '#{query}',
    StatusCode: config?.StatusCode,
  }
  const keeps = normal.Host === '#{host}' && normal.Port === '#{port}' && normal.Path === '/#{path}'
  if (keeps && (normal.Protocol === '#{protocol}' || normal.Protocol === protocol)) {
    refuse('InvalidLoadBalancerAction', 'The redirect leads to itself; change protocol, host, port or path')
  }
  if (protocol === 'HTTPS' && normal.Protocol === 'HTTP')
    refuse('InvalidLoadBalancerAction', 'HTTPS cannot be redirected to HTTP')
  if (!normal.Path.startsWith('/')) refuse('ValidationError', 'The path must start with /')
  return normal
}
