/** IngressClassParams of the AWS Load Balancer Controller. Source: elbv2.k8s.aws/v1beta1. */
import { optionalInt, optionalText, section } from '../../base/decode.ts'
import { childOf, toMap } from '../../base/decode.ts'
import type { MapField } from '../../base/decode.ts'
import { closeMap, listOfMaps, listOfText } from '../../base/decode-list.ts'
import type { KubeObject } from '../meta.ts'
import type { IngressClassParams, KeyValue } from '../objects.ts'
import { decodeLabelSelectorSpec } from './label-selector-spec.ts'
import { ROOT_FIELDS } from './root-fields.ts'

type Spec = IngressClassParams['spec']

const FIELDS = (
  'loadBalancerName namespaceSelector group scheme inboundCIDRs prefixListsIDs prefixLists certificateArn sslPolicy ' +
  'sslRedirectPort subnets ipAddressType tags targetType loadBalancerAttributes listeners ' +
  'minimumLoadBalancerCapacity ipamConfiguration wafv2AclArn wafv2AclName'
).split(' ')

/** Decodes IngressClassParams; values are judged where they are used. */
export function decodeIngressClassParams(root: MapField, base: Omit<KubeObject, 'kind'>): IngressClassParams {
  closeMap(root, ROOT_FIELDS)
  const spec = section(root, 'spec')
  if (spec === undefined) return { kind: 'IngressClassParams', ...base, spec: {} }
  closeMap(spec, FIELDS)
  return {
    kind: 'IngressClassParams',
    ...base,
    spec: { ...decodeTexts(spec), ...decodeLists(spec), ...decodeParts(spec) },
  }
}

function decodeTexts(spec: MapField): Spec {
  return given({
    loadBalancerName: optionalText(spec, 'loadBalancerName'),
    scheme: optionalText(spec, 'scheme'),
    sslPolicy: optionalText(spec, 'sslPolicy'),
    sslRedirectPort: optionalText(spec, 'sslRedirectPort'),
    ipAddressType: optionalText(spec, 'ipAddressType'),
    targetType: optionalText(spec, 'targetType'),
    wafv2AclArn: optionalText(spec, 'wafv2AclArn'),
    wafv2AclName: optionalText(spec, 'wafv2AclName'),
  })
}

function decodeLists(spec: MapField): Spec {
  const texts = (key: string): readonly string[] | undefined =>
    childOf(spec, key) === undefined ? undefined : listOfText(spec, key)
  const pairs = (key: string): readonly KeyValue[] | undefined =>
    childOf(spec, key) === undefined ? undefined : listOfMaps(spec, key, decodeKeyValue)
  return given({
    inboundCidrs: texts('inboundCIDRs'),
    prefixListsIds: texts('prefixListsIDs') ?? texts('prefixLists'),
    certificateArn: texts('certificateArn'),
    tags: pairs('tags'),
    loadBalancerAttributes: pairs('loadBalancerAttributes'),
    listeners:
      childOf(spec, 'listeners') === undefined
        ? undefined
        : listOfMaps(spec, 'listeners', (map) => ({
            protocol: optionalText(map, 'protocol') ?? '',
            port: optionalInt(map, 'port', 1, 65_535) ?? 0,
            attributes: listOfMaps(map, 'listenerAttributes', decodeKeyValue),
          })),
  })
}

function decodeParts(spec: MapField): Spec {
  const selector = section(spec, 'namespaceSelector')
  const group = section(spec, 'group')
  const subnets = section(spec, 'subnets')
  const capacity = section(spec, 'minimumLoadBalancerCapacity')
  const ipam = section(spec, 'ipamConfiguration')
  return given({
    namespaceSelector: selector === undefined ? undefined : decodeLabelSelectorSpec(selector),
    groupName: group === undefined ? undefined : optionalText(group, 'name'),
    subnets: subnets === undefined ? undefined : decodeSubnets(subnets),
    minimumCapacityUnits: capacity === undefined ? undefined : optionalInt(capacity, 'capacityUnits', 0, 1_000_000),
    ipv4IpamPoolId: ipam === undefined ? undefined : optionalText(ipam, 'ipv4IPAMPoolId'),
  })
}

function decodeSubnets(map: MapField): NonNullable<Spec['subnets']> {
  closeMap(map, ['ids', 'tags'])
  const tags = childOf(map, 'tags')
  const tagMap = tags === undefined ? null : toMap(tags)
  return {
    ...(childOf(map, 'ids') === undefined ? {} : { ids: listOfText(map, 'ids') }),
    ...(tagMap === null
      ? {}
      : { tags: Object.fromEntries(Object.keys(tagMap.fields).map((key) => [key, textsOf(map, key)])) }),
  }
}

function textsOf(subnets: MapField, key: string): readonly string[] {
  const tags = section(subnets, 'tags')
  return tags === undefined ? [] : listOfText(tags, key)
}

function decodeKeyValue(map: MapField): KeyValue {
  return { key: optionalText(map, 'key') ?? '', value: optionalText(map, 'value') ?? '' }
}

/** Without the members that are `undefined`. */
function given<T extends object>(members: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T
}
