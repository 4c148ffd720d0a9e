import type * as Elb from '@aws-sdk/client-elastic-load-balancing-v2'
import { refuse } from '../refusal.ts'
import type { Handlers, TargetGroupThing, World } from '../world.ts'
import { listenersOf, targetGroupOf, usersOfGroup } from './lookup.ts'

type Actions = 'elbv2:DescribeTargetHealth' | 'elbv2:RegisterTargets' | 'elbv2:DeregisterTargets'

export function targetHandlers(world: World): Handlers<Actions> {
  return {
    'elbv2:DescribeTargetHealth': (input) => {
      const group = settle(world, targetGroupOf(world, input.TargetGroupArn))
      const isUsed = usersOfGroup(world, group.shape.TargetGroupArn).length > 0
      const asked = input.Targets?.map((one) => keyOf(group, one))
      return {
        TargetHealthDescriptions: [...group.targets]
          .filter(([key]) => asked === undefined || asked.includes(key))
          .map(([, { target, state }]) => ({
            Target: target,
            HealthCheckPort: String(target.Port),
            TargetHealth: isUsed
              ? { State: state, ...(REASONS[state] === undefined ? {} : { Reason: REASONS[state] }) }
              : { State: 'unused', Reason: 'Target.NotInUse' },
          })),
      }
    },
    'elbv2:RegisterTargets': (input) => {
      const group = settle(world, targetGroupOf(world, input.TargetGroupArn))
      const targets = input.Targets ?? []
      if (targets.length === 0 || targets.length > 200)
        refuse('ValidationError', `${targets.length} targets; 1 to 200 can be given`)
      for (const target of targets) checkTarget(world, group, target)
      const keys = new Set([...group.targets.keys(), ...targets.map((one) => keyOf(group, one))])
      if (keys.size > world.quotas.targets) refuse('TooManyTargets', `${keys.size} targets are too many`)
      for (const target of targets) {
        const key = keyOf(group, target)
        const old = group.targets.get(key)
        if (old !== undefined && old.state !== 'draining') continue
        const state = world.targetCalls === 0 ? 'healthy' : 'initial'
        group.targets.set(key, {
          target: { ...target, Id: target.Id ?? '', Port: target.Port ?? group.shape.Port ?? 0 },
          state,
          until: world.clock + world.targetCalls,
        })
      }
      return {}
    },
    'elbv2:DeregisterTargets': (input) => {
      const group = settle(world, targetGroupOf(world, input.TargetGroupArn))
      const targets = input.Targets ?? []
      if (targets.length === 0 || targets.length > 200)
        refuse('ValidationError', `${targets.length} targets; 1 to 200 can be given`)
      for (const target of targets) {
        // What is not registered is passed over.
        const one = group.targets.get(keyOf(group, target))
        if (one === undefined || one.state === 'draining') continue
        one.state = 'draining'
        one.until = world.clock + world.targetCalls
      }
      settle(world, group)
      return {}
    },
  }
}

const REASONS: Readonly<Record<string, Elb.TargetHealthReasonEnum | undefined>> = {
  initial: 'Elb.RegistrationInProgress',
  draining: 'Target.DeregistrationInProgress',
  unhealthy: 'Target.FailedHealthChecks',
}

/**
 * Lets states that are over end: `initial` becomes `healthy`, `draining` ones go. Nobody checks targets of a group that no
 * listener uses: their time begins when one does.
 */
function settle(world: World, group: TargetGroupThing): TargetGroupThing {
  const isUsed = usersOfGroup(world, group.shape.TargetGroupArn).length > 0
  for (const [key, one] of group.targets) {
    if (one.state === 'initial' && !isUsed) one.until = Infinity
    else if (one.until === Infinity) one.until = world.clock + world.targetCalls
    if (one.until > world.clock) continue
    if (one.state === 'initial') one.state = 'healthy'
    else if (one.state === 'draining') group.targets.delete(key)
  }
  return group
}

function keyOf(group: TargetGroupThing, target: Elb.TargetDescription): string {
  return `${target.Id ?? ''}:${target.Port ?? group.shape.Port ?? 0}`
}

function checkTarget(world: World, group: TargetGroupThing, target: Elb.TargetDescription): void {
  const id = target.Id ?? ''
  const port = target.Port ?? group.shape.Port ?? 0
  if (port < 1 || port > 65_535) refuse('ValidationError', `Port '${port}' must be 1 to 65535`)
  const bad = (why: string): never => refuse('InvalidTarget', `The target '${id}' is not valid: ${why}`)
  const type: string = group.shape.TargetType ?? ''
  switch (type) {
    case 'instance': {
      const instance = world.instances.get(id)
      if (instance === undefined) bad('no such instance')
      else if (instance.State?.Name !== 'running') bad('the instance is not running')
      if (target.AvailabilityZone !== undefined) bad('an instance takes no Availability Zone')
      return
    }
    case 'alb': {
      const one = world.loadBalancers.get(id)
      if (one?.shape.Type !== 'application') bad('no such Application Load Balancer')
      if (!listenersOf(world, id).some((listener) => listener.shape.Port === group.shape.Port))
        bad('it has no listener on this port')
      if (target.Port !== undefined && target.Port !== group.shape.Port)
        bad('the port must be that of the target group')
      return
    }
    case 'ip': {
      const is6 = id.includes(':')
      if (is6 !== (group.shape.IpAddressType === 'ipv6')) bad('the address is of another family')
      if (is6) return
      if (!/^(?:\d{1,3}\.){3}\d{1,3}$/.test(id)) bad('not an address')
      const isInside = world.vpcCidrs.some((cidr) => contains(cidr, id))
      if (isInside && target.AvailabilityZone === 'all')
        bad("addresses of the VPC cannot have the Availability Zone 'all'")
      if (!isInside && target.AvailabilityZone !== 'all')
        bad('addresses outside the VPC need the Availability Zone all')
      const isPrivate = ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16'].some((cidr) =>
        contains(cidr, id),
      )
      if (!isInside && !isPrivate) bad('the address is neither in the VPC nor private')
      return
    }
    default:
      return
  }
}

function contains(cidr: string, address: string): boolean {
  const [base = '', bits = '0'] = cidr.split('/')
  const number = (text: string) => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const size = 2 ** (32 - Number(bits))
  return Math.floor(number(base) / size) === Math.floor(number(address) / size)
}
