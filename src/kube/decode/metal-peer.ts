/** BGPPeer of MetalLB. Source: metallb.io/v1beta2; the fields of v1beta1 are some of them. */
import {
  childOf,
  optionalBool,
  optionalInt,
  optionalText,
  report,
  requiredSection,
  section,
} from '../../base/decode.ts'
import type { MapField } from '../../base/decode.ts'
import { closeMap } from '../../base/decode-list.ts'
import { Secret } from '../../base/secret.ts'
import type { KubeObject } from '../meta.ts'
import type { BGPPeer, BGPPeerSpec } from '../metal-objects.ts'
import { selectorsOf } from './metal-selectors.ts'
import { ROOT_FIELDS } from './root-fields.ts'

const NUMBERS = ['myASN', 'peerASN', 'localASN', 'peerPort'] as const
const TEXTS = [
  'dynamicASN',
  'peerAddress',
  'interface',
  'sourceAddress',
  'holdTime',
  'keepaliveTime',
  'connectTime',
  'routerID',
  'bfdProfile',
  'vrf',
] as const
const BOOLEANS = ['enableGracefulRestart', 'ebgpMultiHop', 'disableMP', 'dualStackAddressFamily'] as const
const OTHERS = ['nodeSelectors', 'password', 'passwordSecret'] as const

/** Decodes a BGPPeer; which fields go together is settled later. */
export function decodeBGPPeer(root: MapField, base: Omit<KubeObject, 'kind'>): BGPPeer {
  closeMap(root, ROOT_FIELDS, { peerAddress: 'indent it below spec:' })
  const spec = requiredSection(root, 'spec') ?? { fields: {}, path: ['spec'], log: root.log }
  closeMap(spec, [...NUMBERS, ...TEXTS, ...BOOLEANS, ...OTHERS])
  const password = decodePassword(spec)
  const reference = section(spec, 'passwordSecret')
  return {
    kind: 'BGPPeer',
    ...base,
    spec: {
      ...readAll(NUMBERS, (key) => optionalInt(spec, key, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)),
      ...readAll(TEXTS, (key) => optionalText(spec, key) || undefined),
      ...readAll(BOOLEANS, (key) => optionalBool(spec, key)),
      nodeSelectors: selectorsOf(spec, 'nodeSelectors'),
      ...(password === undefined ? {} : { password }),
      ...(reference === undefined ? {} : { passwordSecret: decodeReference(reference) }),
    },
  }
}

function readAll<Key extends string, T>(
  keys: readonly Key[],
  read: (key: Key) => T | undefined,
): { readonly [K in Key]?: T } {
  const entries = keys.map((key) => [key, read(key)] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as { readonly [K in Key]?: T }
}

function decodeReference(map: MapField): NonNullable<BGPPeerSpec['passwordSecret']> {
  closeMap(map, ['name', 'namespace'])
  return { name: optionalText(map, 'name') ?? '', namespace: optionalText(map, 'namespace') ?? '' }
}

/** No message shows it. */
function decodePassword(spec: MapField): Secret | undefined {
  const field = childOf(spec, 'password')
  if (field === undefined || field.value === '') return undefined
  if (typeof field.value === 'string') return new Secret(Buffer.from(field.value))
  report(field, 'FIELD_TYPE', 'text is due; write it in quotes')
  return undefined
}
