/** `v1` Endpoints, in the form of slices. Source: CoreV1 Endpoints. */
import { isIPv6 } from 'node:net'
import { optionalText, requiredText } from '../../base/decode.ts'
import type { MapField } from '../../base/decode.ts'
import { closeMap, listOfMaps } from '../../base/decode-list.ts'
import type { KubeObject } from '../meta.ts'
import type { EndpointSlice, SliceEndpoint } from '../objects.ts'
import { decodeEndpointPort, podNameOf } from './endpoint-slice.ts'

type Subset = Pick<EndpointSlice, 'ports' | 'endpoints'>

/**
 * Decodes Endpoints. Subsets with equal ports become one slice; further ones follow as slices named `NAME#2`, `NAME#3`
 * (a name that no object can have), because a slice has one set of ports.
 */
export function decodeEndpoints(
  root: MapField,
  base: Omit<KubeObject, 'kind'>,
): readonly [EndpointSlice, ...EndpointSlice[]] {
  closeMap(root, ['apiVersion', 'kind', 'metadata', 'subsets'])
  const merged = new Map<string, Subset>()
  for (const subset of listOfMaps(root, 'subsets', decodeSubset)) {
    const key = JSON.stringify(subset.ports)
    const earlier = merged.get(key)?.endpoints ?? []
    merged.set(key, { ports: subset.ports, endpoints: [...earlier, ...subset.endpoints] })
  }
  const [first = { ports: [], endpoints: [] }, ...others] = [...merged.values()]
  return [
    toSlice(first, base, base.meta.name),
    ...others.map((subset, index) => toSlice(subset, base, `${base.meta.name}#${index + 2}`)),
  ]
}

function toSlice(subset: Subset, base: Omit<KubeObject, 'kind'>, name: string): EndpointSlice {
  const isSix = subset.endpoints.some((endpoint) => endpoint.addresses.some((address) => isIPv6(address)))
  const meta = { ...base.meta, name }
  return {
    kind: 'Endpoints',
    ...base,
    meta,
    serviceName: base.meta.name,
    addressType: isSix ? 'IPv6' : 'IPv4',
    ...subset,
  }
}

function decodeSubset(map: MapField): Subset {
  closeMap(map, ['addresses', 'notReadyAddresses', 'ports'])
  const ready = listOfMaps(map, 'addresses', (address) => decodeAddress(address, true))
  const notReady = listOfMaps(map, 'notReadyAddresses', (address) => decodeAddress(address, false))
  return { ports: listOfMaps(map, 'ports', decodeEndpointPort), endpoints: [...ready, ...notReady] }
}

function decodeAddress(map: MapField, isReady: boolean): SliceEndpoint | null {
  closeMap(map, ['ip', 'hostname', 'nodeName', 'targetRef'])
  const address = requiredText(map, 'ip')
  const podName = podNameOf(map)
  const nodeName = optionalText(map, 'nodeName') ?? ''
  if (address === undefined) return null
  const topology = { nodeName, zone: '', hintZones: [] }
  return { addresses: [address], isReady, isServing: isReady, isTerminating: false, podName, ...topology }
}
