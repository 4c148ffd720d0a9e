/** TargetGroupBinding of the AWS Load Balancer Controller. Source: elbv2.k8s.aws/v1beta1. */
import {
  childOf,
  optionalBool,
  optionalOneOf,
  optionalText,
  requiredSection,
  requiredText,
  section,
} from '../../base/decode.ts'
import { report, reportMissing } from '../../base/decode.ts'
import type { MapField } from '../../base/decode.ts'
import { closeMap, listOfMaps } from '../../base/decode-list.ts'
import type { KubeObject } from '../meta.ts'
import type { ServicePortRef, TargetGroupBinding, TargetGroupIngress } from '../objects.ts'
import { decodeLabelSelectorSpec } from './label-selector-spec.ts'
import { ROOT_FIELDS } from './root-fields.ts'

const FIELDS = (
  'targetGroupARN targetGroupName targetType serviceRef networking nodeSelector ipAddressType vpcID ' +
  'multiClusterTargetGroup iamRoleArnToAssume assumeRoleExternalId targetGroupProtocol'
).split(' ')

/** Decodes a TargetGroupBinding; without a target group and a Service it binds nothing, with a finding. */
export function decodeTargetGroupBinding(root: MapField, base: Omit<KubeObject, 'kind'>): TargetGroupBinding {
  closeMap(root, ROOT_FIELDS)
  const spec = requiredSection(root, 'spec') ?? { fields: {}, path: ['spec'], log: root.log }
  closeMap(spec, FIELDS)
  const targetGroupArn = optionalText(spec, 'targetGroupARN') ?? ''
  const targetGroupName = optionalText(spec, 'targetGroupName') ?? ''
  if (targetGroupArn === '' && targetGroupName === '') reportMissing(spec, 'targetGroupARN')
  const service = requiredSection(spec, 'serviceRef')
  const targetType = optionalOneOf(spec, 'targetType', ['instance', 'ip'] as const)
  const ipAddressType = optionalOneOf(spec, 'ipAddressType', ['ipv4', 'ipv6'] as const)
  const vpcId = optionalText(spec, 'vpcID')
  const selector = section(spec, 'nodeSelector')
  const networking = section(spec, 'networking')
  return {
    kind: 'TargetGroupBinding',
    ...base,
    spec: {
      targetGroupArn,
      targetGroupName,
      serviceName: service === undefined ? '' : (requiredText(service, 'name') ?? ''),
      servicePort: service === undefined ? { kind: 'number', number: 0 } : decodePort(service),
      networking: networking === undefined ? [] : listOfMaps(networking, 'ingress', decodeIngress),
      isMultiCluster: optionalBool(spec, 'multiClusterTargetGroup') ?? false,
      ...(targetType === undefined ? {} : { targetType }),
      ...(ipAddressType === undefined ? {} : { ipAddressType }),
      ...(vpcId === undefined ? {} : { vpcId }),
      ...(selector === undefined ? {} : { nodeSelector: decodeLabelSelectorSpec(selector) }),
    },
  }
}

function decodePort(service: MapField): ServicePortRef {
  const field = childOf(service, 'port')
  if (typeof field?.value === 'number') return { kind: 'number', number: field.value }
  if (typeof field?.value === 'string' && field.value !== '') return { kind: 'name', name: field.value }
  if (field === undefined) reportMissing(service, 'port')
  else report(field, 'FIELD_TYPE', 'it is neither a number nor a name; write a port of the Service')
  return { kind: 'number', number: 0 }
}

function decodeIngress(map: MapField): TargetGroupIngress {
  return {
    from: listOfMaps(map, 'from', (peer) => {
      const block = section(peer, 'ipBlock')
      const group = section(peer, 'securityGroup')
      const cidr = block === undefined ? undefined : optionalText(block, 'cidr')
      const securityGroupId = group === undefined ? undefined : optionalText(group, 'groupID')
      return {
        ...(cidr === undefined ? {} : { cidr }),
        ...(securityGroupId === undefined ? {} : { securityGroupId }),
      }
    }),
    ports: listOfMaps(map, 'ports', (entry) => {
      const field = childOf(entry, 'port')
      const port = typeof field?.value === 'number' || typeof field?.value === 'string' ? field.value : undefined
      const protocol = optionalOneOf(entry, 'protocol', ['TCP', 'UDP'] as const) ?? 'TCP'
      return { protocol, ...(port === undefined ? {} : { port }) }
    }),
  }
}
