/** L2Advertisement and BGPAdvertisement of MetalLB. Source: metallb.io/v1beta1. */
import { optionalInt, section } from '../../base/decode.ts'
import type { MapField } from '../../base/decode.ts'
import { closeMap, listOfMaps, listOfText } from '../../base/decode-list.ts'
import type { KubeObject } from '../meta.ts'
import type { BGPAdvertisement, L2Advertisement } from '../metal-objects.ts'
import { decodeLabelSelectorSpec } from './label-selector-spec.ts'
import { selectorsOf } from './metal-selectors.ts'
import { ROOT_FIELDS } from './root-fields.ts'

const L2_FIELDS =
  'ipAddressPools ipAddressPoolSelectors nodeSelectors interfaces serviceSelectors preferredNodeSelectors'.split(' ')
const BGP_FIELDS = (
  'aggregationLength aggregationLengthV6 localPref communities ipAddressPools ipAddressPoolSelectors nodeSelectors ' +
  'serviceSelectors peers'
).split(' ')
const EMPTY = { matchLabels: {}, matchExpressions: [] }

/** Decodes an L2Advertisement; one without a spec announces every pool from every node. */
export function decodeL2Advertisement(root: MapField, base: Omit<KubeObject, 'kind'>): L2Advertisement {
  closeMap(root, ROOT_FIELDS, { ipAddressPools: 'indent it below spec:' })
  const spec = section(root, 'spec') ?? { fields: {}, path: ['spec'], log: root.log }
  closeMap(spec, L2_FIELDS)
  return {
    kind: 'L2Advertisement',
    ...base,
    spec: {
      ipAddressPools: listOfText(spec, 'ipAddressPools'),
      ipAddressPoolSelectors: selectorsOf(spec, 'ipAddressPoolSelectors'),
      nodeSelectors: selectorsOf(spec, 'nodeSelectors'),
      interfaces: listOfText(spec, 'interfaces'),
      serviceSelectors: selectorsOf(spec, 'serviceSelectors'),
      preferredNodeSelectors: listOfMaps(spec, 'preferredNodeSelectors', (map) => {
        closeMap(map, ['weight', 'preference'])
        const preference = section(map, 'preference')
        return {
          // 0 is none that is accepted: the reader of the configuration says so.
          weight: optionalInt(map, 'weight', -2_147_483_648, 2_147_483_647) ?? 0,
          preference: preference === undefined ? EMPTY : decodeLabelSelectorSpec(preference),
        }
      }),
    },
  }
}

/** Decodes a BGPAdvertisement; one without a spec announces every pool to every peer. */
export function decodeBGPAdvertisement(root: MapField, base: Omit<KubeObject, 'kind'>): BGPAdvertisement {
  closeMap(root, ROOT_FIELDS, { ipAddressPools: 'indent it below spec:' })
  const spec = section(root, 'spec') ?? { fields: {}, path: ['spec'], log: root.log }
  closeMap(spec, BGP_FIELDS)
  const aggregationLength = anyInt(spec, 'aggregationLength')
  const aggregationLengthV6 = anyInt(spec, 'aggregationLengthV6')
  const localPref = anyInt(spec, 'localPref')
  return {
    kind: 'BGPAdvertisement',
    ...base,
    spec: {
      ...(aggregationLength === undefined ? {} : { aggregationLength }),
      ...(aggregationLengthV6 === undefined ? {} : { aggregationLengthV6 }),
      ...(localPref === undefined ? {} : { localPref }),
      communities: listOfText(spec, 'communities'),
      ipAddressPools: listOfText(spec, 'ipAddressPools'),
      ipAddressPoolSelectors: selectorsOf(spec, 'ipAddressPoolSelectors'),
      nodeSelectors: selectorsOf(spec, 'nodeSelectors'),
      serviceSelectors: selectorsOf(spec, 'serviceSelectors'),
      peers: listOfText(spec, 'peers'),
    },
  }
}

/** Bounds are those of the configuration, which is read from a ConfigMap as well. */
function anyInt(map: MapField, key: string): number | undefined {
  return optionalInt(map, key, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
}
