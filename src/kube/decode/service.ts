/** Service. Source: CoreV1 ServiceSpec. */
import { childOf, describeValue, optionalBool, optionalInt, optionalOneOf, optionalText } from '../../base/decode.ts'
import { report, reportMissing, requiredSection, section, toInt } from '../../base/decode.ts'
import type { MapField } from '../../base/decode.ts'
import { closeMap, listOfMaps, listOfText, textRecord } from '../../base/decode-list.ts'
import type { KubeObject } from '../meta.ts'
import type { Service, ServicePort } from '../objects.ts'
import { faultOfPortName } from './names.ts'
import { ROOT_FIELDS } from './root-fields.ts'

const TYPES = ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'] as const
const TRAFFIC_POLICIES = ['Cluster', 'Local'] as const
const FAMILY_POLICIES = ['SingleStack', 'PreferDualStack', 'RequireDualStack'] as const
const SPEC_FIELDS = (
  'ports selector clusterIP clusterIPs type externalIPs sessionAffinity loadBalancerIP ' +
  'loadBalancerSourceRanges externalName externalTrafficPolicy healthCheckNodePort ' +
  'publishNotReadyAddresses sessionAffinityConfig ipFamilies ipFamilyPolicy ipFamily ' +
  'allocateLoadBalancerNodePorts loadBalancerClass internalTrafficPolicy trafficDistribution ' +
  'topologyKeys trafficPolicy'
).split(' ')
const PORT_FIELDS = ['name', 'protocol', 'appProtocol', 'port', 'targetPort', 'nodePort']

/** Protocols of ports and endpoints. */
export const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const

/** Decodes a Service; a port without a usable number is left out alone. */
export function decodeService(root: MapField, base: Omit<KubeObject, 'kind'>): Service {
  closeMap(root, ROOT_FIELDS, { ports: 'indent it below spec:', selector: 'indent it below spec:' })
  const spec = requiredSection(root, 'spec') ?? { fields: {}, path: ['spec'], log: root.log }
  closeMap(spec, SPEC_FIELDS, { matchLabels: 'a Service selector has the labels directly below selector:' })
  const type = optionalOneOf(spec, 'type', TYPES) ?? 'ClusterIP'
  const ports = listOfMaps(spec, 'ports', decodePort)
  const externalName = optionalText(spec, 'externalName') ?? ''
  if (type === 'ExternalName' && externalName === '') reportMissing(spec, 'externalName')
  if (ports.length > 1 && ports.some((port) => port.name === '')) reportUnnamed(spec)
  const loadBalancerClass = optionalText(spec, 'loadBalancerClass')
  const externalTrafficPolicy = optionalOneOf(spec, 'externalTrafficPolicy', TRAFFIC_POLICIES)
  const loadBalancerSourceRanges = listOfText(spec, 'loadBalancerSourceRanges')
  const statusAddresses = decodeStatusAddresses(root)
  return {
    kind: 'Service',
    ...base,
    spec: {
      type,
      clusterIp: optionalText(spec, 'clusterIP') ?? '',
      externalName,
      selector: textRecord(spec, 'selector'),
      ports,
      ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }),
      ...(externalTrafficPolicy === undefined ? {} : { externalTrafficPolicy }),
      ...(loadBalancerSourceRanges.length === 0 ? {} : { loadBalancerSourceRanges }),
      ...decodeLoadBalancerFields(spec),
    },
    ...(statusAddresses.length === 0 ? {} : { statusAddresses }),
  }
}

/** Fields that only load balancers read; absent when unset. */
function decodeLoadBalancerFields(spec: MapField): Partial<Service['spec']> {
  const loadBalancerIP = optionalText(spec, 'loadBalancerIP')
  const healthCheckNodePort = optionalInt(spec, 'healthCheckNodePort', 0, 65_535)
  const allocateLoadBalancerNodePorts = optionalBool(spec, 'allocateLoadBalancerNodePorts')
  const sessionAffinity = optionalOneOf(spec, 'sessionAffinity', ['None', 'ClientIP'] as const)
  const ipFamilyPolicy = optionalOneOf(spec, 'ipFamilyPolicy', FAMILY_POLICIES)
  const families = listOfText(spec, 'ipFamilies').filter((family) => family === 'IPv4' || family === 'IPv6')
  const externalIPs = listOfText(spec, 'externalIPs')
  const clusterIPs = listOfText(spec, 'clusterIPs')
  return {
    ...(loadBalancerIP === undefined || loadBalancerIP === '' ? {} : { loadBalancerIP }),
    ...(healthCheckNodePort === undefined || healthCheckNodePort === 0 ? {} : { healthCheckNodePort }),
    ...(allocateLoadBalancerNodePorts === undefined ? {} : { allocateLoadBalancerNodePorts }),
    ...(sessionAffinity === undefined ? {} : { sessionAffinity }),
    ...(ipFamilyPolicy === undefined ? {} : { ipFamilyPolicy }),
    ...(families.length === 0 ? {} : { ipFamilies: families }),
    ...(externalIPs.length === 0 ? {} : { externalIPs }),
    // One alone says nothing that `clusterIP` does not: Services are many and kept.
    ...(clusterIPs.length < 2 ? {} : { clusterIPs }),
  }
}

/** What some load balancer wrote; the API server has checked it. */
function decodeStatusAddresses(root: MapField): NonNullable<Service['statusAddresses']> {
  const balancer = section(section(root, 'status') ?? { ...root, fields: {} }, 'loadBalancer')
  if (balancer === undefined) return []
  return listOfMaps(balancer, 'ingress', (map) => {
    const ip = optionalText(map, 'ip')
    const hostname = optionalText(map, 'hostname')
    return { ...(ip === undefined ? {} : { ip }), ...(hostname === undefined ? {} : { hostname }) }
  })
}

function decodePort(map: MapField): ServicePort | null {
  closeMap(map, PORT_FIELDS, { containerPort: 'a Service has port: and targetPort:' })
  const port = optionalInt(map, 'port', 1, 65_535)
  if (childOf(map, 'port') === undefined) reportMissing(map, 'port')
  const targetPort = decodeTargetPort(map)
  const appProtocol = optionalText(map, 'appProtocol')
  const rest = {
    name: optionalText(map, 'name') ?? '',
    nodePort: optionalInt(map, 'nodePort', 0, 65_535) ?? 0,
    protocol: optionalOneOf(map, 'protocol', PROTOCOLS) ?? 'TCP',
    ...(appProtocol === undefined ? {} : { appProtocol }),
  }
  return port === undefined ? null : { port, targetPort: targetPort ?? port, ...rest }
}

/** A number from 1 to 65535 or the name of a container port; digits in quotes are read as the number they show. */
function decodeTargetPort(map: MapField): number | string | undefined {
  const field = childOf(map, 'targetPort')
  if (field === undefined) return undefined
  if (typeof field.value !== 'string' || /^\d+$/.test(field.value)) {
    const value = typeof field.value === 'string' ? Number(field.value) : field.value
    return toInt({ ...field, value }, 1, 65_535)
  }
  const fault = faultOfPortName(field.value)
  if (fault === null) return field.value
  report(field, 'FIELD_VALUE', `${describeValue(field)} is not a usable port name: ${fault}`, { verb: 'use' })
  return undefined
}

function reportUnnamed(spec: MapField): void {
  const field = { path: [...spec.path, 'ports'], log: spec.log }
  report(field, 'FIELD_REQUIRED', 'a Service with several ports needs a name for each of them', { verb: 'use' })
}
