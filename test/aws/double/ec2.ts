/** The part of EC2 that load balancers need: networks to read, security groups to write. */
import type * as Ec2 from '@aws-sdk/client-ec2'
import { flatten, nest, sameRule, type Nested } from './ec2-permission.ts'
import { presentInterfaces } from './interfaces.ts'
import { page } from './paging.ts'
import { refuse } from './refusal.ts'
import { addTags, tagList } from './tag-limits.ts'
import {
  find,
  freshId,
  isVisible,
  type ActionsOf,
  type Handlers,
  type SecurityGroupThing,
  type World,
} from './world.ts'

type Tags = readonly Ec2.Tag[] | undefined

export function ec2Handlers(world: World): Handlers<ActionsOf<'ec2'>> {
  const group = (id: string | undefined) =>
    find(world.securityGroups, id, 'InvalidGroup.NotFound', 'The security group')

  return {
    'ec2:DescribeSubnets': (input) => {
      for (const id of input.SubnetIds ?? []) {
        if (!world.subnets.has(id)) refuse('InvalidSubnetID.NotFound', `The subnet ID '${id}' does not exist`)
      }
      const all = [...world.subnets.values()].filter(
        (subnet) =>
          (input.SubnetIds ?? [subnet.SubnetId]).includes(subnet.SubnetId) &&
          passes(input.Filters, subnet.Tags, {
            'vpc-id': subnet.VpcId,
            'subnet-id': subnet.SubnetId,
            'availability-zone': subnet.AvailabilityZone,
          }),
      )
      const { items, next } = paged(world, all, input)
      return { Subnets: items, ...next }
    },
    'ec2:DescribeRouteTables': (input) => {
      const all = world.routeTables.filter((table) => passes(input.Filters, table.Tags, { 'vpc-id': table.VpcId }))
      const { items, next } = paged(world, all, input)
      return { RouteTables: items, ...next }
    },
    'ec2:DescribeVpcs': (input) => {
      if (input.VpcIds !== undefined && !input.VpcIds.includes(world.vpcId)) {
        refuse('InvalidVpcID.NotFound', `The vpc ID '${input.VpcIds.join()}' does not exist`)
      }
      const associations = world.vpcCidrs.map((CidrBlock) => ({
        CidrBlock,
        CidrBlockState: { State: 'associated' as const },
      }))
      return {
        Vpcs: [{ VpcId: world.vpcId, CidrBlock: world.vpcCidrs[0], CidrBlockAssociationSet: associations, Tags: [] }],
      }
    },
    'ec2:DescribeAvailabilityZones': () => ({
      AvailabilityZones: [...new Set([...world.subnets.values()].map((subnet) => subnet.AvailabilityZone ?? ''))]
        .sort()
        .map((ZoneName) => ({ ZoneName, ZoneType: 'availability-zone', State: 'available', RegionName: world.region })),
    }),
    'ec2:DescribeSecurityGroups': (input) => {
      for (const id of input.GroupIds ?? []) group(id)
      const all = [...world.securityGroups.values()].filter(
        (one) =>
          (input.GroupIds === undefined ? isVisible(one) : input.GroupIds.includes(one.id)) &&
          passes(input.Filters, tagList(one.tags), {
            'vpc-id': one.vpcId,
            'group-name': one.name,
            'group-id': one.id,
            description: one.description,
            'ip-permission.group-id': one.rules.filter(({ kind }) => kind === 'group').map(({ source }) => source),
          }),
      )
      const { items, next } = paged(world, all, input)
      return { SecurityGroups: items.map((one) => groupShape(world, one)), ...next }
    },
    'ec2:DescribeInstances': (input) => {
      for (const id of input.InstanceIds ?? []) {
        if (!world.instances.has(id)) refuse('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`)
      }
      const all = [...world.instances.values()].filter(
        (one) =>
          (input.InstanceIds ?? [one.InstanceId]).includes(one.InstanceId) &&
          passes(input.Filters, one.Tags, {
            'vpc-id': one.VpcId,
            'private-ip-address': one.PrivateIpAddress,
            'instance-id': one.InstanceId,
            'instance-state-name': one.State?.Name,
          }),
      )
      const { items, next } = paged(world, all, input)
      return { Reservations: items.map((one) => ({ Instances: [one] })), ...next }
    },
    'ec2:DescribeNetworkInterfaces': (input) => {
      const ids = input.NetworkInterfaceIds
      const all = presentInterfaces(world).filter(
        (one) =>
          (ids ?? [one.id]).includes(one.id) &&
          (input.Filters ?? []).every((filter) => {
            const values = filter.Values ?? []
            if (filter.Name === 'group-id') return one.groups.some((id) => values.includes(id))
            if (filter.Name === 'addresses.private-ip-address') return values.includes(one.privateIp)
            if (filter.Name === 'vpc-id') return values.includes(world.vpcId)
            return refuse('InvalidParameterValue', `The filter '${filter.Name ?? ''}' is invalid`)
          }),
      )
      const { items, next } = paged(world, all, input)
      return {
        NetworkInterfaces: items.map((one) => ({
          NetworkInterfaceId: one.id,
          PrivateIpAddress: one.privateIp,
          PrivateIpAddresses: [{ PrivateIpAddress: one.privateIp, Primary: true }],
          Groups: one.groups.map((GroupId) => ({ GroupId })),
          Description: one.owner,
          VpcId: world.vpcId,
          Status: 'in-use' as const,
        })),
        ...next,
      }
    },
    'ec2:CreateSecurityGroup': (input) => {
      const { GroupName: name = '', Description: description = '', VpcId: vpcId = world.vpcId } = input
      if (vpcId !== world.vpcId) refuse('InvalidVpcID.NotFound', `The vpc ID '${vpcId}' does not exist`)
      if (name === '' || name.length > 255 || name.startsWith('sg-'))
        refuse('InvalidParameterValue', 'Invalid group name')
      if (description === '' || description.length > 255 || !/^[\w .\-:/()#,@[\]+=&;{}!$*]*$/.test(description)) {
        refuse('InvalidParameterValue', `Invalid security group description '${description}'`)
      }
      if ([...world.securityGroups.values()].some((one) => one.name === name)) {
        refuse('InvalidGroup.Duplicate', `The security group '${name}' already exists for VPC '${vpcId}'`)
      }
      if (world.securityGroups.size >= world.quotas.securityGroupsPerVpc) {
        refuse('SecurityGroupLimitExceeded', 'The maximum number of security groups has been reached')
      }
      const tags = new Map<string, string>()
      for (const specification of input.TagSpecifications ?? []) {
        if (specification.ResourceType !== 'security-group')
          refuse('InvalidParameterValue', 'Invalid resource type of tags')
        addTags(tags, specification.Tags)
      }
      const id = `sg-${freshId(world)}`
      world.securityGroups.set(id, { hiddenReads: world.hiddenReads, id, name, description, vpcId, rules: [], tags })
      return { GroupId: id, Tags: tagList(tags) }
    },
    'ec2:DeleteSecurityGroup': (input) => {
      const one = group(input.GroupId)
      const usedBy = presentInterfaces(world).find((eni) => eni.groups.includes(one.id))
      if (usedBy !== undefined) refuse('DependencyViolation', `resource ${one.id} has a dependent object`)
      for (const other of world.securityGroups.values()) {
        if (other.id !== one.id && other.rules.some((rule) => rule.kind === 'group' && rule.source === one.id)) {
          refuse('DependencyViolation', `resource ${one.id} has a dependent object`)
        }
      }
      world.securityGroups.delete(one.id)
      return { Return: true, GroupId: one.id }
    },
    'ec2:AuthorizeSecurityGroupIngress': (input) => {
      const one = group(input.GroupId)
      const rules = flatten((input.IpPermissions ?? []) as Nested[])
      if (rules.length === 0) refuse('MissingParameter', 'The request must contain IpPermissions')
      for (const [index, rule] of rules.entries()) {
        if (rule.kind === 'group') group(rule.source)
        if ([...one.rules, ...rules.slice(0, index)].some((other) => sameRule(other, rule))) {
          refuse('InvalidPermission.Duplicate', `the specified rule "peer: ${rule.source}" already exists`)
        }
      }
      if (one.rules.length + rules.length > world.quotas.rulesPerSecurityGroup) {
        refuse('RulesPerSecurityGroupLimitExceeded', 'The maximum number of rules per security group has been reached.')
      }
      one.rules.push(...rules)
      return { Return: true, SecurityGroupRules: [] }
    },
    'ec2:RevokeSecurityGroupIngress': (input) => {
      const one = group(input.GroupId)
      const rules = flatten((input.IpPermissions ?? []) as Nested[])
      if (rules.length === 0) refuse('MissingParameter', 'The request must contain IpPermissions')
      for (const rule of rules) {
        if (!one.rules.some((other) => sameRule(other, rule))) {
          refuse('InvalidPermission.NotFound', 'The specified rule does not exist in this security group.')
        }
      }
      const kept = one.rules.filter((other) => !rules.some((rule) => sameRule(other, rule)))
      one.rules.splice(0, one.rules.length, ...kept)
      return { Return: true }
    },
    'ec2:CreateTags': (input) => {
      for (const id of input.Resources ?? []) addTags(group(id).tags, input.Tags)
      return {}
    },
    'ec2:DeleteTags': (input) => {
      for (const id of input.Resources ?? []) {
        const { tags } = group(id)
        for (const { Key = '', Value } of input.Tags ?? []) {
          if (Value === undefined || tags.get(Key) === Value) tags.delete(Key)
        }
      }
      return {}
    },
  }
}

function groupShape(world: World, one: SecurityGroupThing): Ec2.SecurityGroup {
  return {
    GroupId: one.id,
    GroupName: one.name,
    Description: one.description,
    VpcId: one.vpcId,
    OwnerId: world.account,
    IpPermissions: nest(one.rules, world.account),
    IpPermissionsEgress: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
    Tags: tagList(one.tags),
  }
}

/** Filters are joined by "and", their values by "or"; `*` in values is not supported, since nobody uses it. */
function passes(
  filters: readonly Ec2.Filter[] | undefined,
  tags: Tags,
  fields: Readonly<Record<string, string | readonly string[] | undefined>>,
): boolean {
  return (filters ?? []).every(({ Name: name = '', Values: values = [] }) => {
    if (values.length === 0 || values.length > 200)
      refuse('FilterLimitExceeded', `The filter '${name}' has too many values`)
    if (name === 'tag-key') return (tags ?? []).some((tag) => values.includes(tag.Key ?? ''))
    if (name.startsWith('tag:')) {
      return (tags ?? []).some((tag) => tag.Key === name.slice(4) && values.includes(tag.Value ?? ''))
    }
    if (!(name in fields)) refuse('InvalidParameterValue', `The filter '${name}' is invalid`)
    return [fields[name] ?? ''].flat().some((value) => values.includes(value))
  })
}

/** MaxResults and ids exclude each other, as in AWS. */
function paged<T>(
  world: World,
  all: readonly T[],
  input: {
    MaxResults?: number | undefined
    NextToken?: string | undefined
    SubnetIds?: unknown
    GroupIds?: unknown
    InstanceIds?: unknown
  },
): { readonly items: T[]; readonly next: { NextToken?: string } } {
  const ids = input.SubnetIds ?? input.GroupIds ?? input.InstanceIds
  if (input.MaxResults !== undefined && ids !== undefined) {
    refuse('InvalidParameterCombination', 'The parameter MaxResults cannot be used with ids')
  }
  const size = ids === undefined ? Math.min(input.MaxResults ?? world.pageSize, world.pageSize) : all.length + 1
  const { items, next } = page(all, input.NextToken, size)
  return { items, next: next === undefined ? {} : { NextToken: next } }
}
