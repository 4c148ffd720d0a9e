/** Node: where load balancers and speakers send traffic. Source: CoreV1 NodeSpec and NodeStatus. */
import { optionalBool, optionalText, section } from '../../base/decode.ts'
import type { MapField } from '../../base/decode.ts'
import { closeMap, listOfMaps, listOfText } from '../../base/decode-list.ts'
import type { KubeObject } from '../meta.ts'
import type { Node } from '../objects.ts'
import { decodeConditions } from './conditions.ts'
import { ROOT_FIELDS } from './root-fields.ts'

/** Decodes a Node; everything but its name may be missing. */
export function decodeNode(root: MapField, base: Omit<KubeObject, 'kind'>): Node {
  closeMap(root, ROOT_FIELDS)
  const spec = section(root, 'spec')
  const status = section(root, 'status')
  const addresses =
    status === undefined
      ? []
      : listOfMaps(status, 'addresses', (map) => ({
          type: optionalText(map, 'type') ?? '',
          address: optionalText(map, 'address') ?? '',
        }))
  const of = (type: string): readonly string[] =>
    addresses.filter((entry) => entry.type === type).map(({ address }) => address)
  const podCidr = spec === undefined ? '' : (optionalText(spec, 'podCIDR') ?? '')
  const podCidrs = spec === undefined ? [] : listOfText(spec, 'podCIDRs')
  return {
    kind: 'Node',
    ...base,
    providerId: spec === undefined ? '' : (optionalText(spec, 'providerID') ?? ''),
    isUnschedulable: spec !== undefined && (optionalBool(spec, 'unschedulable') ?? false),
    taints: spec === undefined ? [] : listOfMaps(spec, 'taints', decodeTaint),
    internalIPs: of('InternalIP'),
    externalIPs: of('ExternalIP'),
    podCidrs: podCidrs.length > 0 ? podCidrs : podCidr === '' ? [] : [podCidr],
    conditions: status === undefined ? {} : decodeConditions(status),
  }
}

function decodeTaint(map: MapField): Node['taints'][number] {
  const text = (key: string): string => optionalText(map, key) ?? ''
  return { key: text('key'), value: text('value'), effect: text('effect') }
}
