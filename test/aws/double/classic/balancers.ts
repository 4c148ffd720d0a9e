import { placeInterfaces, releaseInterfaces } from '../interfaces.ts'
import { page } from '../paging.ts'
import { refuse } from '../refusal.ts'
import { addTags, tagList } from '../tag-limits.ts'
import { find, freshId, isVisible, type ActionsOf, type ClassicThing, type Handlers, type World } from '../world.ts'
import { toListener, type ClassicListenerActions } from './listeners.ts'

type Actions = Exclude<ActionsOf<'elb'>, ClassicListenerActions>

export function classicBalancerHandlers(world: World): Handlers<Actions> {
  const get = (name: string | undefined): ClassicThing =>
    find(world.classic, name, 'AccessPointNotFound', 'There is no active load balancer named')
  const place = (one: ClassicThing): void =>
    placeInterfaces(world, `elb/${one.name}`, one.shape.Subnets ?? [], one.shape.SecurityGroups ?? [])

  return {
    'elb:DescribeLoadBalancers': (input) => {
      const all = input.LoadBalancerNames?.map(get) ?? [...world.classic.values()].filter(isVisible)
      const { items, next } = page(all, input.Marker, Math.min(input.PageSize ?? 400, world.pageSize))
      return {
        LoadBalancerDescriptions: items.map((one) => one.shape),
        ...(next === undefined ? {} : { NextMarker: next }),
      }
    },
    'elb:DescribeLoadBalancerAttributes': (input) => ({
      LoadBalancerAttributes: get(input.LoadBalancerName).attributes,
    }),
    'elb:DescribeTags': (input) => {
      const names = input.LoadBalancerNames ?? []
      if (names.length === 0 || names.length > 20)
        refuse('ValidationError', `${names.length} names; 1 to 20 can be given`)
      return { TagDescriptions: names.map((name) => ({ LoadBalancerName: name, Tags: tagList(get(name).tags) })) }
    },
    'elb:CreateLoadBalancer': (input) => {
      const name = input.LoadBalancerName ?? ''
      if (!/^[a-zA-Z0-9]([a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?$/.test(name))
        refuse('ValidationError', `Name '${name}' is invalid`)
      const listeners = (input.Listeners ?? []).map((one) => toListener(world, one))
      if (listeners.length === 0) refuse('ValidationError', 'At least one listener is required')
      const ports = listeners.map((one) => one.Listener?.LoadBalancerPort)
      if (new Set(ports).size !== ports.length) refuse('DuplicateListener', 'A port is given twice')
      const subnets = checkSubnets(world, input.Subnets)
      const groups = (input.SecurityGroups ?? []).map(
        (id) => find(world.securityGroups, id, 'InvalidSecurityGroup', 'Group').id,
      )
      const tags = new Map<string, string>()
      addTags(tags, input.Tags)
      const same = world.classic.get(name)
      if (same !== undefined) {
        const its = [same.shape.Subnets, same.shape.SecurityGroups, same.shape.Scheme]
        const isSame = JSON.stringify(its) === JSON.stringify([subnets, groups, input.Scheme ?? 'internet-facing'])
        if (!isSame)
          refuse(
            'DuplicateAccessPointName',
            `Load Balancer named ${name} already exists and it is configured differently`,
          )
        return { DNSName: same.shape.DNSName }
      }
      if (world.classic.size >= world.quotas.classicLoadBalancers)
        refuse('TooManyAccessPoints', 'Too many load balancers')
      const scheme = input.Scheme ?? 'internet-facing'
      const label = `${scheme === 'internal' ? 'internal-' : ''}${name}-${freshId(world).slice(-9)}`
      const one: ClassicThing = {
        hiddenReads: world.hiddenReads,
        name,
        tags,
        policies: new Map(),
        attributes: {
          CrossZoneLoadBalancing: { Enabled: false },
          AccessLog: { Enabled: false },
          ConnectionDraining: { Enabled: false, Timeout: 300 },
          ConnectionSettings: { IdleTimeout: 60 },
          AdditionalAttributes: [{ Key: 'elb.http.desyncmitigationmode', Value: 'defensive' }],
        },
        shape: {
          LoadBalancerName: name,
          DNSName: `${label}.${world.region}.elb.amazonaws.com`,
          CanonicalHostedZoneNameID: 'Z215JYRZR1TBD5',
          ListenerDescriptions: listeners,
          Policies: { OtherPolicies: [] },
          BackendServerDescriptions: [],
          Subnets: subnets,
          VPCId: world.vpcId,
          Instances: [],
          HealthCheck: {
            Target: `TCP:${listeners[0]?.Listener?.InstancePort ?? 0}`,
            Interval: 30,
            Timeout: 5,
            HealthyThreshold: 10,
            UnhealthyThreshold: 2,
          },
          SecurityGroups: groups.length === 0 ? ['sg-default'] : groups,
          Scheme: scheme,
        },
      }
      world.classic.set(name, one)
      place(one)
      return { DNSName: one.shape.DNSName }
    },
    'elb:DeleteLoadBalancer': (input) => {
      const name = input.LoadBalancerName ?? ''
      // Deleting what is not there succeeds.
      if (world.classic.delete(name)) releaseInterfaces(world, `elb/${name}`)
      return {}
    },
    'elb:ConfigureHealthCheck': (input) => {
      const { shape } = get(input.LoadBalancerName)
      const check = input.HealthCheck
      if (!/^(?:(?:TCP|SSL):\d+|HTTPS?:\d+\/.*)$/.test(check?.Target ?? ''))
        refuse('ValidationError', `HealthCheck target '${check?.Target ?? ''}' is invalid`)
      if ((check?.Timeout ?? 0) >= (check?.Interval ?? 0))
        refuse('ValidationError', 'The interval must be greater than the timeout')
      shape.HealthCheck = check
      return { HealthCheck: check }
    },
    'elb:ModifyLoadBalancerAttributes': (input) => {
      const one = get(input.LoadBalancerName)
      const wished = input.LoadBalancerAttributes ?? {}
      const idle = wished.ConnectionSettings?.IdleTimeout
      if (idle !== undefined && (idle < 1 || idle > 4000))
        refuse('ValidationError', `Idle timeout ${idle} must be 1 to 4000`)
      if (wished.AccessLog?.Enabled === true && (wished.AccessLog.S3BucketName ?? '') === '') {
        refuse('InvalidConfigurationRequest', 'The access log needs a bucket')
      }
      one.attributes = { ...one.attributes, ...wished, AdditionalAttributes: one.attributes.AdditionalAttributes }
      return { LoadBalancerName: one.name, LoadBalancerAttributes: one.attributes }
    },
    'elb:AttachLoadBalancerToSubnets': (input) => {
      const one = get(input.LoadBalancerName)
      one.shape.Subnets = checkSubnets(world, [...new Set([...(one.shape.Subnets ?? []), ...(input.Subnets ?? [])])])
      place(one)
      return { Subnets: one.shape.Subnets }
    },
    'elb:DetachLoadBalancerFromSubnets': (input) => {
      const one = get(input.LoadBalancerName)
      const kept = (one.shape.Subnets ?? []).filter((id) => !(input.Subnets ?? []).includes(id))
      if (kept.length === 0)
        refuse('InvalidConfigurationRequest', 'A load balancer must be attached to one subnet at least')
      one.shape.Subnets = kept
      place(one)
      return { Subnets: kept }
    },
    'elb:ApplySecurityGroupsToLoadBalancer': (input) => {
      const one = get(input.LoadBalancerName)
      const groups = (input.SecurityGroups ?? []).map(
        (id) => find(world.securityGroups, id, 'InvalidSecurityGroup', 'Group').id,
      )
      if (groups.length === 0) refuse('InvalidConfigurationRequest', 'One security group at least')
      one.shape.SecurityGroups = groups
      place(one)
      return { SecurityGroups: groups }
    },
    'elb:RegisterInstancesWithLoadBalancer': (input) => {
      const { shape } = get(input.LoadBalancerName)
      for (const { InstanceId = '' } of input.Instances ?? []) {
        if (!world.instances.has(InstanceId)) refuse('InvalidEndPoint', `Invalid instance '${InstanceId}'`)
        if (!shape.Instances?.some((one) => one.InstanceId === InstanceId)) shape.Instances?.push({ InstanceId })
      }
      return { Instances: shape.Instances }
    },
    'elb:DeregisterInstancesFromLoadBalancer': (input) => {
      const { shape } = get(input.LoadBalancerName)
      const gone = new Set((input.Instances ?? []).map((one) => one.InstanceId))
      shape.Instances = (shape.Instances ?? []).filter((one) => !gone.has(one.InstanceId))
      return { Instances: shape.Instances }
    },
    'elb:AddTags': (input) => {
      for (const name of input.LoadBalancerNames ?? []) addTags(get(name).tags, input.Tags)
      return {}
    },
    'elb:RemoveTags': (input) => {
      for (const name of input.LoadBalancerNames ?? [])
        for (const { Key = '' } of input.Tags ?? []) get(name).tags.delete(Key)
      return {}
    },
  }
}

function checkSubnets(world: World, subnets: readonly string[] | undefined): string[] {
  const zones = (subnets ?? []).map((id) => {
    const subnet = world.subnets.get(id)
    if (subnet === undefined) refuse('SubnetNotFound', `The subnet ID '${id}' is not valid`)
    return subnet.AvailabilityZone
  })
  if (zones.length === 0) refuse('ValidationError', 'One subnet at least')
  if (new Set(zones).size !== zones.length)
    refuse('InvalidConfigurationRequest', 'ELB cannot be attached to multiple subnets in the same AZ.')
  return [...(subnets ?? [])].sort()
}
