/** IPAddressPool of MetalLB. Source: metallb.io/v1beta1. */
import { optionalBool, optionalInt, requiredSection, section } from '../../base/decode.ts'
import type { MapField } from '../../base/decode.ts'
import { closeMap, listOfText } from '../../base/decode-list.ts'
import type { KubeObject } from '../meta.ts'
import type { IPAddressPool, IPAddressPoolSpec } from '../metal-objects.ts'
import { selectorsOf } from './metal-selectors.ts'
import { ROOT_FIELDS } from './root-fields.ts'

/** Decodes an IPAddressPool; what its addresses mean is settled later. */
export function decodeIPAddressPool(root: MapField, base: Omit<KubeObject, 'kind'>): IPAddressPool {
  closeMap(root, ROOT_FIELDS, { addresses: 'indent it below spec:' })
  const spec = requiredSection(root, 'spec') ?? { fields: {}, path: ['spec'], log: root.log }
  closeMap(spec, ['addresses', 'autoAssign', 'avoidBuggyIPs', 'serviceAllocation'])
  const autoAssign = optionalBool(spec, 'autoAssign')
  const avoidBuggyIPs = optionalBool(spec, 'avoidBuggyIPs')
  const allocation = section(spec, 'serviceAllocation')
  return {
    kind: 'IPAddressPool',
    ...base,
    spec: {
      addresses: listOfText(spec, 'addresses'),
      ...(autoAssign === undefined ? {} : { autoAssign }),
      ...(avoidBuggyIPs === undefined ? {} : { avoidBuggyIPs }),
      ...(allocation === undefined ? {} : { serviceAllocation: decodeAllocation(allocation) }),
    },
  }
}

function decodeAllocation(map: MapField): NonNullable<IPAddressPoolSpec['serviceAllocation']> {
  closeMap(map, ['priority', 'namespaces', 'namespaceSelectors', 'serviceSelectors'])
  return {
    priority: optionalInt(map, 'priority', 0, 2_147_483_647) ?? 0,
    namespaces: listOfText(map, 'namespaces'),
    namespaceSelectors: selectorsOf(map, 'namespaceSelectors'),
    serviceSelectors: selectorsOf(map, 'serviceSelectors'),
  }
}
