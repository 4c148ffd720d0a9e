/** EndpointSlice in `discovery.k8s.io/v1` and v1beta1. Source: DiscoveryV1 EndpointSlice. */
import {
  optionalBool,
  optionalInt,
  optionalOneOf,
  optionalText,
  report,
  requiredText,
  section,
} from '../../base/decode.ts'
import type { MapField } from '../../base/decode.ts'
import { closeMap, listOfMaps, listOfText, textRecord } from '../../base/decode-list.ts'
import type { KubeObject } from '../meta.ts'
import type { EndpointSlice, SliceEndpoint } from '../objects.ts'
import { PROTOCOLS } from './service.ts'

const ADDRESS_TYPES = ['IPv4', 'IPv6', 'FQDN'] as const
const ENDPOINT_FIELDS = ['addresses', 'conditions', 'hostname', 'targetRef', 'nodeName', 'zone', 'hints']
const SERVICE_LABEL = 'kubernetes.io/service-name'
const NODE_TOPOLOGY = 'kubernetes.io/hostname'
const ZONE_TOPOLOGY = 'topology.kubernetes.io/zone'

/** Decodes an EndpointSlice; absent conditions count as ready. */
export function decodeEndpointSlice(root: MapField, base: Omit<KubeObject, 'kind'>): EndpointSlice {
  closeMap(root, ['apiVersion', 'kind', 'metadata', 'addressType', 'endpoints', 'ports'])
  const serviceName = base.meta.labels[SERVICE_LABEL] ?? ''
  if (serviceName === '') {
    const field = { path: ['metadata', 'labels', SERVICE_LABEL], log: root.log }
    report(field, 'FIELD_REQUIRED', 'without this label the slice belongs to no Service; write the name of the Service')
  }
  return {
    kind: 'EndpointSlice',
    ...base,
    serviceName,
    addressType: optionalOneOf(root, 'addressType', ADDRESS_TYPES) ?? 'IPv4',
    ports: listOfMaps(root, 'ports', decodeEndpointPort),
    endpoints: listOfMaps(root, 'endpoints', decodeEndpoint),
  }
}

/** A port of a slice or of Endpoints; one without a number (meaning all ports) cannot be routed to and is left out. */
export function decodeEndpointPort(map: MapField): EndpointSlice['ports'][number] | null {
  closeMap(map, ['name', 'protocol', 'port', 'appProtocol'])
  const port = optionalInt(map, 'port', 1, 65_535)
  if (port === undefined) return null
  const protocol = optionalOneOf(map, 'protocol', PROTOCOLS) ?? 'TCP'
  return { name: optionalText(map, 'name') ?? '', port, protocol }
}

/** Name of the pod that a `targetRef` points at; empty for anything else. */
export function podNameOf(endpoint: MapField): string {
  const target = section(endpoint, 'targetRef')
  if (target === undefined) return ''
  return optionalText(target, 'kind') === 'Pod' ? (optionalText(target, 'name') ?? '') : ''
}

function decodeEndpoint(map: MapField): SliceEndpoint {
  closeMap(map, [...ENDPOINT_FIELDS, 'topology', 'deprecatedTopology'])
  const conditions = section(map, 'conditions')
  if (conditions !== undefined) closeMap(conditions, ['ready', 'serving', 'terminating'])
  const topology = textRecord(map, 'topology')
  const isReady = (conditions && optionalBool(conditions, 'ready')) ?? true
  return {
    addresses: listOfText(map, 'addresses'),
    isReady,
    isServing: (conditions && optionalBool(conditions, 'serving')) ?? isReady,
    isTerminating: (conditions && optionalBool(conditions, 'terminating')) ?? false,
    podName: podNameOf(map),
    nodeName: optionalText(map, 'nodeName') ?? topology[NODE_TOPOLOGY] ?? '',
    zone: optionalText(map, 'zone') ?? topology[ZONE_TOPOLOGY] ?? '',
    hintZones: readHints(map),
  }
}

function readHints(map: MapField): readonly string[] {
  const hints = section(map, 'hints')
  if (hints === undefined) return []
  closeMap(hints, ['forZones', 'forNodes'])
  return listOfMaps(hints, 'forZones', (zone) => {
    closeMap(zone, ['name'])
    return requiredText(zone, 'name') ?? null
  })
}
