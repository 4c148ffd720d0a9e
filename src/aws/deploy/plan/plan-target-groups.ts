import type { HealthCheck, TargetGroup } from '../../stack/model.ts'
import { defaultOfTargetGroup } from './attribute-defaults.ts'
import type { Missing } from './match.ts'
import { planAttributes, planTags, type Tagged } from './plan-tags.ts'
import { isSameHealthCheck } from './same.ts'
import { creationTags, toTagList, type StackContext } from './stack-context.ts'

/** Target groups without their targets, which travel on a path of their own. */
export function planTargetGroups(context: StackContext): void {
  for (const missing of context.match.targetGroups.missing) createTargetGroup(context, missing)
  for (const { desired, observed } of context.match.targetGroups.pairs) {
    const one: Tagged = {
      resource: `TargetGroup/${desired.id}`,
      identifier: observed.identifier,
      label: `${observed.spec.name} target group`,
      origins: desired.origins,
      allTags: observed.allTags,
    }
    planTags(context, one, desired.tags)
    if (!isSameHealthCheck(desired.healthCheck, observed.spec.healthCheck)) {
      context.book.add({
        stack: context.id,
        resource: one.resource,
        verb: 'modify',
        part: 'health check',
        action: 'elbv2:ModifyTargetGroup',
        input: { TargetGroupArn: observed.identifier, ...toHealthCheck(desired.healthCheck) },
        summary: `change the health check of target group ${observed.spec.name}`,
        event: { reason: 'MODIFY', message: `${observed.spec.name} target group modified` },
        origins: desired.origins,
      })
    }
    planAttributes(context, one, {
      action: 'elbv2:ModifyTargetGroupAttributes',
      input: { TargetGroupArn: observed.identifier },
      current: observed.spec.attributes,
      wished: desired.attributes,
      defaultOf: (key) => defaultOfTargetGroup(key, desired),
    })
  }
}

function createTargetGroup(context: StackContext, { desired, replaces }: Missing<TargetGroup>): void {
  const { book, id: stack, options, groupNames } = context
  const name = freeName(desired.name, groupNames)
  groupNames.add(name)
  const resource = `TargetGroup/${desired.id}` as const
  const verb = replaces === null ? 'create' : 'replace'
  const created = book.add({
    stack,
    resource,
    verb,
    action: 'elbv2:CreateTargetGroup',
    input: {
      Name: name,
      Protocol: desired.protocol,
      ...(desired.protocolVersion === undefined ? {} : { ProtocolVersion: desired.protocolVersion }),
      Port: desired.port,
      ...(options.vpcId === undefined ? {} : { VpcId: options.vpcId }),
      TargetType: desired.targetType,
      IpAddressType: desired.ipAddressType,
      ...(desired.controlPort === undefined ? {} : { TargetControlPort: desired.controlPort }),
      HealthCheckEnabled: true,
      ...toHealthCheck(desired.healthCheck),
      Tags: creationTags(context, desired, Object.keys(desired.attributes)),
    },
    yields: 'TargetGroups.0.TargetGroupArn',
    summary:
      replaces === null
        ? `create target group ${name}`
        : `create target group ${name} in place of ${replaces.spec.name}, which cannot be changed into it`,
    ...(replaces === null
      ? {}
      : {
          outage:
            'its targets have to pass health checks anew; routes to it are switched when they have, or after a while',
        }),
    event: { reason: 'CREATE', message: `${name} target group created` },
    origins: desired.origins,
  })
  if (Object.keys(desired.attributes).length === 0) return
  book.add({
    stack,
    resource,
    verb: 'modify',
    part: 'attributes',
    action: 'elbv2:ModifyTargetGroupAttributes',
    input: { TargetGroupArn: book.value(stack, { ref: resource }), Attributes: toTagList(desired.attributes) },
    after: [created],
    summary: `set ${Object.keys(desired.attributes).sort().join(', ')} of target group ${name}`,
    origins: desired.origins,
  })
}

/** The name, or one with a number where something has it that cannot be it. The longest name has 32 characters. */
function freeName(name: string, taken: ReadonlySet<string>): string {
  for (let count = 1; ; count++) {
    const suffix = count === 1 ? '' : `-${count}`
    const candidate = `${name.slice(0, 32 - suffix.length).replace(/-+$/, '')}${suffix}`
    if (!taken.has(candidate)) return candidate
  }
}

function toHealthCheck(check: HealthCheck): Record<string, unknown> {
  const isTcp = check.protocol === 'TCP'
  return {
    HealthCheckProtocol: check.protocol,
    HealthCheckPort: check.port,
    ...(isTcp || check.path === undefined ? {} : { HealthCheckPath: check.path }),
    HealthCheckIntervalSeconds: check.intervalSeconds,
    HealthCheckTimeoutSeconds: check.timeoutSeconds,
    HealthyThresholdCount: check.healthyThreshold,
    UnhealthyThresholdCount: check.unhealthyThreshold,
    ...(isTcp || check.matcher === undefined
      ? {}
      : {
          Matcher:
            check.matcher.kind === 'grpc' ? { GrpcCode: check.matcher.codes } : { HttpCode: check.matcher.codes },
        }),
  }
}
