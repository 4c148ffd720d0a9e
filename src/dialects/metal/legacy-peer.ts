/** A peer of the older ConfigMap. */
import { childOf, optionalBool, optionalInt, optionalText, report } from '../../base/decode.ts'
import type { MapField } from '../../base/decode.ts'
import { closeMap, listOfMaps, listOfText, textRecord } from '../../base/decode-list.ts'
import { Secret } from '../../base/secret.ts'
import type { BGPPeerSpec } from '../../kube/metal-objects.ts'
import type { LabelSelectorSpec } from '../../kube/objects.ts'

const NUMBERS = { myASN: 'my-asn', peerASN: 'peer-asn', peerPort: 'peer-port' } as const
const TEXTS = { peerAddress: 'peer-address', sourceAddress: 'source-address', routerID: 'router-id' } as const
const TIMES = { holdTime: 'hold-time', keepaliveTime: 'keepalive-time' } as const
/** The code of MetalLB has the first spelling, its sample the second. */
const BFD_PROFILE = ['bfd-profile', 'bfdProfile'] as const
const OTHERS = ['password', 'ebgp-multihop', 'node-selectors']

export function legacyPeer(entry: MapField): BGPPeerSpec {
  const names = [NUMBERS, TEXTS, TIMES].flatMap((table) => Object.values(table))
  closeMap(entry, [...names, ...BFD_PROFILE, ...OTHERS])
  const spec: Record<string, unknown> = {}
  const set = (name: string, value: unknown): void => {
    if (value !== undefined && value !== '') spec[name] = value
  }
  for (const [name, key] of Object.entries(NUMBERS)) {
    set(name, optionalInt(entry, key, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER))
  }
  for (const [name, key] of Object.entries(TEXTS)) set(name, optionalText(entry, key))
  for (const [name, key] of Object.entries(TIMES)) set(name, timeText(entry, key))
  for (const key of BFD_PROFILE) set('bfdProfile', optionalText(entry, key))
  set('ebgpMultiHop', optionalBool(entry, 'ebgp-multihop'))
  set('password', readPassword(entry))
  return { ...(spec as Partial<BGPPeerSpec>), nodeSelectors: listOfMaps(entry, 'node-selectors', readSelector) }
}

/** A bare number is seconds. */
function timeText(entry: MapField, key: string): string | undefined {
  const field = childOf(entry, key)
  return typeof field?.value === 'number' ? String(field.value) : optionalText(entry, key)
}

function readPassword(entry: MapField): Secret | undefined {
  const field = childOf(entry, 'password')
  if (field === undefined || field.value === '') return undefined
  if (typeof field.value === 'string') return new Secret(Buffer.from(field.value))
  report(field, 'FIELD_TYPE', 'text is due; write it in quotes')
  return undefined
}

function readSelector(map: MapField): LabelSelectorSpec {
  closeMap(map, ['match-labels', 'match-expressions'])
  return {
    matchLabels: textRecord(map, 'match-labels'),
    matchExpressions: listOfMaps(map, 'match-expressions', (entry) => {
      closeMap(entry, ['key', 'operator', 'values'])
      return {
        key: optionalText(entry, 'key') ?? '',
        operator: optionalText(entry, 'operator') ?? '',
        values: listOfText(entry, 'values'),
      }
    }),
  }
}
