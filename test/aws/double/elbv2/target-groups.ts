import { isDeepStrictEqual } from 'node:util'
import type * as Elb from '@aws-sdk/client-elastic-load-balancing-v2'
import { page } from '../paging.ts'
import { refuse } from '../refusal.ts'
import { addTags } from '../tag-limits.ts'
import { freshId, isVisible, type Handlers, type TargetGroupThing, type World } from '../world.ts'
import { targetGroupAttributes } from './attribute-lists.ts'
import { loadBalancerOf, targetGroupOf, usersOfGroup } from './lookup.ts'

type Actions =
  | 'elbv2:DescribeTargetGroups'
  | 'elbv2:CreateTargetGroup'
  | 'elbv2:ModifyTargetGroup'
  | 'elbv2:DeleteTargetGroup'

type HealthCheck = Pick<
  Elb.TargetGroup,
  | 'HealthCheckProtocol'
  | 'HealthCheckPort'
  | 'HealthCheckEnabled'
  | 'HealthCheckIntervalSeconds'
  | 'HealthCheckTimeoutSeconds'
  | 'HealthyThresholdCount'
  | 'UnhealthyThresholdCount'
  | 'HealthCheckPath'
  | 'Matcher'
>

export function targetGroupHandlers(world: World): Handlers<Actions> {
  const toShape = (one: TargetGroupThing): Elb.TargetGroup => ({
    ...one.shape,
    LoadBalancerArns: usersOfGroup(world, one.shape.TargetGroupArn),
  })

  return {
    'elbv2:DescribeTargetGroups': (input) => {
      const { TargetGroupArns: arns, Names: names, LoadBalancerArn: balancer } = input
      if ([arns, names, balancer].filter((one) => one !== undefined).length > 1)
        refuse('ValidationError', 'One criterion only')
      const all =
        arns?.map((arn) => targetGroupOf(world, arn)) ??
        names?.map((name) => {
          const one = [...world.targetGroups.values()].find((one) => one.shape.TargetGroupName === name)
          if (one === undefined || !isVisible(one)) refuse('TargetGroupNotFound', `Target groups '[${name}]' not found`)
          return one
        }) ??
        [...world.targetGroups.values()].filter(isVisible)
      if (balancer !== undefined) loadBalancerOf(world, balancer)
      const found = all.map(toShape).filter((one) => balancer === undefined || one.LoadBalancerArns?.includes(balancer))
      const { items, next } = page(found, input.Marker, Math.min(input.PageSize ?? 400, world.pageSize))
      return { TargetGroups: items, ...(next === undefined ? {} : { NextMarker: next }) }
    },
    'elbv2:CreateTargetGroup': (input) => {
      const { TargetGroupArn: _none, ...wished } = toGroup(world, input)
      const tags = new Map<string, string>()
      addTags(tags, input.Tags)
      const same = [...world.targetGroups.values()].find((one) => one.shape.TargetGroupName === wished.TargetGroupName)
      if (same !== undefined) {
        const { TargetGroupArn: _arn, ...its } = same.shape
        const isSame = isDeepStrictEqual([its, same.tags], [wished, tags])
        if (isSame) return { TargetGroups: [toShape(same)] }
        refuse(
          'DuplicateTargetGroupName',
          `A target group with the name '${wished.TargetGroupName}' exists, but with different settings`,
        )
      }
      if (world.targetGroups.size >= world.quotas.targetGroups) refuse('TooManyTargetGroups', 'Too many target groups')
      const arn = `arn:aws:elasticloadbalancing:${world.region}:${world.account}:targetgroup/${wished.TargetGroupName}/${freshId(world).slice(1)}`
      const one: TargetGroupThing = {
        hiddenReads: world.hiddenReads,
        tags,
        shape: { TargetGroupArn: arn, ...wished },
        attributes: targetGroupAttributes(wished.Protocol ?? '', wished.TargetType ?? ''),
        targets: new Map(),
      }
      world.targetGroups.set(arn, one)
      return { TargetGroups: [toShape(one)] }
    },
    'elbv2:ModifyTargetGroup': (input) => {
      const one = targetGroupOf(world, input.TargetGroupArn)
      const { shape } = one
      const protocol = input.HealthCheckProtocol ?? shape.HealthCheckProtocol
      const keeps = protocol !== 'TCP'
      const check = toHealthCheck(shape, {
        HealthCheckProtocol: protocol,
        HealthCheckPort: input.HealthCheckPort ?? shape.HealthCheckPort,
        HealthCheckEnabled: input.HealthCheckEnabled ?? shape.HealthCheckEnabled,
        HealthCheckIntervalSeconds: input.HealthCheckIntervalSeconds ?? shape.HealthCheckIntervalSeconds,
        HealthCheckTimeoutSeconds: input.HealthCheckTimeoutSeconds ?? shape.HealthCheckTimeoutSeconds,
        HealthyThresholdCount: input.HealthyThresholdCount ?? shape.HealthyThresholdCount,
        UnhealthyThresholdCount: input.UnhealthyThresholdCount ?? shape.UnhealthyThresholdCount,
        HealthCheckPath: input.HealthCheckPath ?? (keeps ? shape.HealthCheckPath : undefined),
        Matcher: input.Matcher ?? (keeps ? shape.Matcher : undefined),
      })
      delete shape.HealthCheckPath
      delete shape.Matcher
      Object.assign(shape, check)
      return { TargetGroups: [toShape(one)] }
    },
    'elbv2:DeleteTargetGroup': (input) => {
      const arn = input.TargetGroupArn ?? ''
      // Deleting what is not there succeeds.
      if (!world.targetGroups.has(arn)) return {}
      if (usersOfGroup(world, arn).length > 0) {
        refuse('ResourceInUse', `Target group '${arn}' is currently in use by a listener or a rule`)
      }
      world.targetGroups.delete(arn)
      return {}
    },
  }
}

function toGroup(world: World, input: Elb.CreateTargetGroupCommandInput): TargetGroupThing['shape'] {
  const { Name: name = '', Protocol: protocol, TargetType: targetType = 'instance', Port: port = 0 } = input
  if (!/^[a-zA-Z0-9]([a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?$/.test(name))
    refuse('ValidationError', `Target group name '${name}' is invalid`)
  const protocols = ['HTTP', 'HTTPS', 'TCP', 'UDP', 'TLS', 'TCP_UDP', 'QUIC', 'TCP_QUIC']
  if (protocol === undefined || !protocols.includes(protocol))
    refuse('ValidationError', `Protocol '${protocol ?? ''}' is invalid`)
  if (!['instance', 'ip', 'alb'].includes(targetType))
    refuse('ValidationError', `Target type '${targetType}' is invalid`)
  if (targetType === 'alb' && protocol !== 'TCP') refuse('ValidationError', 'A target group of type alb needs TCP')
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    refuse('ValidationError', `Port '${port}' must be 1 to 65535`)
  if (input.VpcId !== world.vpcId) refuse('ValidationError', `The VPC ID '${input.VpcId ?? ''}' is not found`)
  const isHttp = protocol === 'HTTP' || protocol === 'HTTPS'
  const version = input.ProtocolVersion
  if (version !== undefined && (!isHttp || !['HTTP1', 'HTTP2', 'GRPC'].includes(version))) {
    refuse('ValidationError', `Protocol version '${version}' is not valid for ${protocol}`)
  }
  const addressType = input.IpAddressType ?? 'ipv4'
  if (targetType === 'alb' && addressType !== 'ipv4') refuse('ValidationError', 'A target group of type alb is ipv4')
  const group = {
    Protocol: protocol,
    ProtocolVersion: isHttp ? (version ?? 'HTTP1') : undefined,
    TargetType: targetType,
  }
  return {
    TargetGroupArn: '',
    TargetGroupName: name,
    Protocol: protocol,
    Port: port,
    VpcId: input.VpcId,
    ...toHealthCheck(group, input),
    TargetType: targetType,
    ...(group.ProtocolVersion === undefined ? {} : { ProtocolVersion: group.ProtocolVersion }),
    IpAddressType: addressType,
    ...(input.TargetControlPort === undefined ? {} : { TargetControlPort: input.TargetControlPort }),
  }
}

function toHealthCheck(
  group: { Protocol?: string | undefined; ProtocolVersion?: string | undefined; TargetType?: string | undefined },
  input: HealthCheck,
): HealthCheck {
  const isHttpGroup = group.Protocol === 'HTTP' || group.Protocol === 'HTTPS'
  const protocol = input.HealthCheckProtocol ?? (isHttpGroup ? 'HTTP' : 'TCP')
  if (!['HTTP', 'HTTPS', 'TCP'].includes(protocol) || (isHttpGroup && protocol === 'TCP')) {
    refuse(
      'ValidationError',
      `Health check protocol '${protocol}' is not supported for target groups of ${group.Protocol ?? ''}`,
    )
  }
  const isGrpc = group.ProtocolVersion === 'GRPC'
  const interval = input.HealthCheckIntervalSeconds ?? 30
  const timeout = input.HealthCheckTimeoutSeconds ?? (isHttpGroup ? 5 : 10)
  if (interval < 5 || interval > 300) refuse('ValidationError', `Health check interval ${interval} must be 5 to 300`)
  if (timeout < 2 || timeout > 120 || timeout > interval)
    refuse('ValidationError', `Health check timeout ${timeout} must be 2 to 120 and not above the interval`)
  const healthy = input.HealthyThresholdCount ?? 5
  const unhealthy = input.UnhealthyThresholdCount ?? 2
  if (Math.min(healthy, unhealthy) < 2 || Math.max(healthy, unhealthy) > 10)
    refuse('ValidationError', 'Thresholds are 2 to 10')
  const port = input.HealthCheckPort ?? 'traffic-port'
  if (port !== 'traffic-port' && !(Number(port) >= 1 && Number(port) <= 65_535))
    refuse('ValidationError', `Health check port '${port}' is invalid`)
  if (protocol === 'TCP' && (input.HealthCheckPath ?? input.Matcher) !== undefined) {
    refuse('ValidationError', 'Path and matcher are not supported for health checks of TCP')
  }
  const codes = isGrpc ? input.Matcher?.GrpcCode : input.Matcher?.HttpCode
  if (input.Matcher !== undefined && !/^\d+(?:[-,]\d+)*$/.test(codes ?? ''))
    refuse('ValidationError', 'The matcher is not valid')
  const path = input.HealthCheckPath ?? (isGrpc ? '/AWS.ALB/healthcheck' : '/')
  if (!path.startsWith('/') || path.length > 1024) refuse('ValidationError', `Health check path '${path}' is invalid`)
  return {
    HealthCheckProtocol: protocol,
    HealthCheckPort: port,
    HealthCheckEnabled: input.HealthCheckEnabled ?? true,
    HealthCheckIntervalSeconds: interval,
    HealthCheckTimeoutSeconds: timeout,
    HealthyThresholdCount: healthy,
    UnhealthyThresholdCount: unhealthy,
    ...(protocol === 'TCP'
      ? {}
      : {
          HealthCheckPath: path,
          Matcher: isGrpc ? { GrpcCode: codes ?? '12' } : { HttpCode: codes ?? (isHttpGroup ? '200' : '200-399') },
        }),
  }
}
