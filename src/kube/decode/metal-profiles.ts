/** BFDProfile and Community of MetalLB. Source: metallb.io/v1beta1. */
import { optionalBool, optionalInt, optionalText, section } from '../../base/decode.ts'
import type { MapField } from '../../base/decode.ts'
import { closeMap, listOfMaps } from '../../base/decode-list.ts'
import type { KubeObject } from '../meta.ts'
import type { BFDProfile, Community } from '../metal-objects.ts'
import { ROOT_FIELDS } from './root-fields.ts'

const NUMBERS = ['receiveInterval', 'transmitInterval', 'detectMultiplier', 'echoInterval', 'minimumTtl'] as const

/** Decodes a BFDProfile; everything may be missing. */
export function decodeBFDProfile(root: MapField, base: Omit<KubeObject, 'kind'>): BFDProfile {
  closeMap(root, ROOT_FIELDS)
  const spec = section(root, 'spec') ?? { fields: {}, path: ['spec'], log: root.log }
  closeMap(spec, [...NUMBERS, 'echoMode', 'passiveMode'])
  const numbers = NUMBERS.map(
    (key) => [key, optionalInt(spec, key, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)] as const,
  )
  const echoMode = optionalBool(spec, 'echoMode')
  const passiveMode = optionalBool(spec, 'passiveMode')
  return {
    kind: 'BFDProfile',
    ...base,
    spec: {
      ...(Object.fromEntries(numbers.filter(([, value]) => value !== undefined)) as BFDProfile['spec']),
      ...(echoMode === undefined ? {} : { echoMode }),
      ...(passiveMode === undefined ? {} : { passiveMode }),
    },
  }
}

/** Decodes a Community; what the values mean is settled later. */
export function decodeCommunity(root: MapField, base: Omit<KubeObject, 'kind'>): Community {
  closeMap(root, ROOT_FIELDS)
  const spec = section(root, 'spec') ?? { fields: {}, path: ['spec'], log: root.log }
  closeMap(spec, ['communities'])
  const communities = listOfMaps(spec, 'communities', (map) => {
    closeMap(map, ['name', 'value'])
    return { name: optionalText(map, 'name') ?? '', value: optionalText(map, 'value') ?? '' }
  })
  return { kind: 'Community', ...base, spec: { communities } }
}
