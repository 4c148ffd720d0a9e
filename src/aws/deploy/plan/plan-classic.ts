/** Classic Load Balancers: each aspect has a call of its own, and a listener is changed by deleting and creating its port. */
import type { ClassicListener, ClassicLoadBalancer } from '../../stack/model.ts'
import type { ObservedResource } from '../observed.ts'
import { adder, planPolicies, planProxies, planProxyProtocol, portsOf } from './classic-policies.ts'
import type { Missing } from './match.ts'
import { planTags } from './plan-tags.ts'
import { areSameSets } from './same.ts'
import { creationTags, type StackContext } from './stack-context.ts'

/** Classic Load Balancers; those that go are planned elsewhere. */
export function planClassic(context: StackContext): void {
  for (const missing of context.match.classicLoadBalancers.missing) createClassic(context, missing)
  for (const { desired, observed } of context.match.classicLoadBalancers.pairs)
    modifyClassic(context, desired, observed)
}

function createClassic(context: StackContext, { desired, replaces }: Missing<ClassicLoadBalancer>): void {
  const { book, id: stack } = context
  const resource = `ClassicLoadBalancer/${desired.id}` as const
  const created = book.add({
    stack,
    resource,
    verb: replaces === null ? 'create' : 'replace',
    action: 'elb:CreateLoadBalancer',
    input: {
      LoadBalancerName: desired.name,
      Listeners: desired.listeners.map((one) => toListener(context, one)),
      Subnets: desired.subnetIds,
      ...(desired.securityGroups.length === 0
        ? {}
        : { SecurityGroups: desired.securityGroups.map((ref) => book.value(stack, ref)) }),
      // AWS knows no other word here; without it the load balancer is public.
      ...(desired.scheme === 'internal' ? { Scheme: 'internal' } : {}),
      Tags: creationTags(context, desired),
    },
    ...(replaces === null
      ? {}
      : {
          afterDeletesOf: [replaces.identifier],
          outage:
            'its name is its identity: nobody is answered from its deletion until it is made again; the host name changes',
        }),
    summary: `create ${desired.scheme} Classic Load Balancer ${desired.name}`,
    event: { reason: 'CREATE', message: `${desired.name} created` },
    origins: desired.origins,
  })
  const after = [created]
  const add = adder(context, desired)
  add('attributes', {
    action: 'elb:ModifyLoadBalancerAttributes',
    input: toAttributes(desired),
    after,
    summary: `set the attributes of ${desired.name}`,
  })
  add('health check', {
    action: 'elb:ConfigureHealthCheck',
    input: toHealthCheck(desired),
    after,
    summary: `set the health check of ${desired.name}`,
  })
  planPolicies(context, desired, desired.listeners, after, false)
  if (desired.sendsProxyProtocol) planProxyProtocol(context, desired, portsOf(desired), after)
}

function modifyClassic(
  context: StackContext,
  desired: ClassicLoadBalancer,
  { identifier: name, spec, allTags }: ObservedResource<ClassicLoadBalancer>,
): void {
  const { book, id: stack } = context
  const resource = `ClassicLoadBalancer/${desired.id}` as const
  planTags(context, { resource, identifier: name, label: name, origins: desired.origins, allTags }, desired.tags)
  const add = adder(context, desired)
  const input = (rest: Record<string, unknown>) => ({ LoadBalancerName: name, ...rest })

  const added = desired.subnetIds.filter((id) => !spec.subnetIds.includes(id))
  const gone = spec.subnetIds.filter((id) => !desired.subnetIds.includes(id))
  planSubnets(context, desired, added, gone)

  const groups = desired.securityGroups.map((ref) => book.known(stack, ref) ?? 'yet to be made')
  const current = spec.securityGroups.filter((one) => typeof one === 'string')
  if (groups.length > 0 && !areSameSets(groups, current)) {
    const id = add('security groups', {
      action: 'elb:ApplySecurityGroupsToLoadBalancer',
      input: input({ SecurityGroups: desired.securityGroups.map((ref) => book.value(stack, ref)) }),
      summary: `set the security groups of ${name}`,
      event: { reason: 'MODIFY', message: `${name} security group modified` },
    })
    for (const group of current) if (!groups.includes(group)) book.release(group, id)
  }

  const after = planClassicListeners(context, desired, spec, name)
  if (!isSameCheck(desired, spec)) {
    add('health check', {
      action: 'elb:ConfigureHealthCheck',
      input: toHealthCheck(desired),
      after,
      summary: `change the health check of ${name}`,
      event: { reason: 'MODIFY', message: `${name} modified` },
    })
  }
  if (JSON.stringify(attributeList(desired)) !== JSON.stringify(attributeList(spec))) {
    add('attributes', {
      action: 'elb:ModifyLoadBalancerAttributes',
      input: toAttributes(desired),
      summary: `set the attributes of ${name}`,
      event: { reason: 'MODIFY', message: `${name} attributes modified` },
    })
  }
}

/** A zone has one subnet: where the new one is in the zone of an old one, the old one has to go first, if another is left. */
function planSubnets(
  context: StackContext,
  desired: ClassicLoadBalancer,
  added: readonly string[],
  gone: readonly string[],
): void {
  const add = adder(context, desired)
  const detach = (part: string, subnets: readonly string[], after: readonly string[]): string[] =>
    subnets.length === 0
      ? []
      : [
          add(part, {
            action: 'elb:DetachLoadBalancerFromSubnets',
            input: { LoadBalancerName: desired.name, Subnets: subnets },
            after,
            summary: `take ${subnets.join(', ')} from ${desired.name}`,
            event: { reason: 'MODIFY', message: `${desired.name} subnets modified` },
          }),
        ]
  const keepsOne = desired.subnetIds.length > added.length
  const first = keepsOne ? detach('without subnets', gone, []) : detach('without subnets', gone.slice(1), [])
  if (added.length > 0) {
    const attached = add('with subnets', {
      action: 'elb:AttachLoadBalancerToSubnets',
      input: { LoadBalancerName: desired.name, Subnets: added },
      after: first,
      summary: `put ${desired.name} into ${added.join(', ')}`,
      event: { reason: 'MODIFY', message: `${desired.name} subnets modified` },
    })
    if (!keepsOne) detach('without the last subnet', gone.slice(0, 1), [attached])
  }
}

/** @returns operations after which all listeners are there */
function planClassicListeners(
  context: StackContext,
  desired: ClassicLoadBalancer,
  spec: ClassicLoadBalancer,
  name: string,
): readonly string[] {
  const { book, id: stack } = context
  const add = adder(context, desired)
  const keyOf = (one: ClassicListener): string =>
    JSON.stringify([one.port, one.protocol, one.instancePort, one.instanceProtocol])
  const certificateOf = (one: ClassicListener): string =>
    one.certificate === undefined ? '' : (book.known(stack, one.certificate) ?? 'yet to be made')
  const present = new Map(spec.listeners.map((one) => [one.port, one]))
  const remade = desired.listeners.filter((one) => {
    const old = present.get(one.port)
    return old === undefined || keyOf(old) !== keyOf(one)
  })
  const wished = new Set(desired.listeners.map((one) => one.port))
  const removed = spec.listeners.filter((one) => !wished.has(one.port) || remade.some(({ port }) => port === one.port))
  let after: string[] = []
  for (const old of removed) {
    // One port per call: moto loses count with several.
    const id = add(`without port ${old.port}`, {
      action: 'elb:DeleteLoadBalancerListeners',
      input: { LoadBalancerName: name, LoadBalancerPorts: [old.port] },
      summary: `delete listener ${old.protocol}:${old.port} of ${name}`,
      outage: wished.has(old.port)
        ? `port ${old.port} answers nobody until it is made again, a moment later`
        : `nobody is answered on port ${old.port} any more`,
      event: { reason: 'DELETE', message: `${old.port} listener deleted` },
    })
    if (typeof old.certificate === 'string') book.release(old.certificate, id)
    after.push(id)
  }
  if (remade.length > 0) {
    after = [
      add('listeners', {
        action: 'elb:CreateLoadBalancerListeners',
        input: { LoadBalancerName: name, Listeners: remade.map((one) => toListener(context, one)) },
        after,
        summary: `create listeners ${remade.map((one) => `${one.protocol}:${one.port}`).join(', ')} of ${name}`,
        event: { reason: 'CREATE', message: `${remade.map((one) => one.port).join(', ')} listener created` },
      }),
    ]
  }
  const kept = desired.listeners.filter((one) => !remade.includes(one))
  for (const one of kept) {
    const old = present.get(one.port)
    if (one.certificate === undefined || old === undefined || certificateOf(one) === certificateOf(old)) continue
    const id = add(`certificate of ${one.port}`, {
      action: 'elb:SetLoadBalancerListenerSSLCertificate',
      input: {
        LoadBalancerName: name,
        LoadBalancerPort: one.port,
        SSLCertificateId: book.value(stack, one.certificate),
      },
      summary: `change the certificate of port ${one.port} of ${name}`,
      event: { reason: 'MODIFY', message: `${one.port} listener modified` },
    })
    if (typeof old.certificate === 'string') book.release(old.certificate, id)
  }
  const otherPolicy = kept.filter((one) => one.sslPolicy !== present.get(one.port)?.sslPolicy)
  planPolicies(context, desired, remade, after, false)
  planPolicies(context, desired, otherPolicy, after, true)
  planProxies(context, desired, spec, removed, after)
  return after
}

function toListener({ book, id: stack }: StackContext, one: ClassicListener): Record<string, unknown> {
  return {
    Protocol: one.protocol,
    LoadBalancerPort: one.port,
    InstanceProtocol: one.instanceProtocol,
    InstancePort: one.instancePort,
    ...(one.certificate === undefined ? {} : { SSLCertificateId: book.value(stack, one.certificate) }),
  }
}

function toHealthCheck({ name, healthCheck: check }: ClassicLoadBalancer): Record<string, unknown> {
  return {
    LoadBalancerName: name,
    HealthCheck: {
      Target: check.target,
      Interval: check.intervalSeconds,
      Timeout: check.timeoutSeconds,
      HealthyThreshold: check.healthyThreshold,
      UnhealthyThreshold: check.unhealthyThreshold,
    },
  }
}

function isSameCheck({ healthCheck: a }: ClassicLoadBalancer, { healthCheck: b }: ClassicLoadBalancer): boolean {
  return (
    a.target === b.target &&
    a.intervalSeconds === b.intervalSeconds &&
    a.timeoutSeconds === b.timeoutSeconds &&
    a.healthyThreshold === b.healthyThreshold &&
    a.unhealthyThreshold === b.unhealthyThreshold
  )
}

function attributeList({ attributes: one }: ClassicLoadBalancer): readonly unknown[] {
  const log = one.accessLog
  return [
    one.crossZone,
    one.idleTimeoutSeconds,
    one.drainingSeconds,
    log?.bucket,
    log?.prefix,
    log?.emitIntervalMinutes,
  ]
}

function toAttributes({ name, attributes: one }: ClassicLoadBalancer): Record<string, unknown> {
  const log = one.accessLog
  return {
    LoadBalancerName: name,
    LoadBalancerAttributes: {
      CrossZoneLoadBalancing: { Enabled: one.crossZone },
      ConnectionSettings: { IdleTimeout: one.idleTimeoutSeconds },
      ConnectionDraining:
        one.drainingSeconds === null ? { Enabled: false } : { Enabled: true, Timeout: one.drainingSeconds },
      AccessLog:
        log === null
          ? { Enabled: false }
          : {
              Enabled: true,
              S3BucketName: log.bucket,
              S3BucketPrefix: log.prefix,
              EmitInterval: log.emitIntervalMinutes,
            },
    },
  }
}
