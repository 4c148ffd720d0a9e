/**
 * BGPPeer of MetalLB. Source: metallb.io/v1beta2; the fields of v1beta1 are some of them, with one difference: its zeros stand for
 * what was not written, because programs in Go could not leave these fields out.
 */
import {
  childOf,
  isPlainMap,
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
const OLD_VERSION = 'metallb.io/v1beta1'
const ZEROS = new Map<string, (value: unknown) => boolean>([
  ['peerPort', (value) => value === 0],
  ['holdTime', isZeroDuration],
  ['keepaliveTime', isZeroDuration],
])

/** Decodes a BGPPeer; which fields go together is settled later. */
export function decodeBGPPeer(root: MapField, base: Omit<KubeObject, 'kind'>): BGPPeer {
  closeMap(root, ROOT_FIELDS, { peerAddress: 'indent it below spec:' })
  const written = requiredSection(root, 'spec') ?? { fields: {}, path: ['spec'], log: root.log }
  const spec: MapField = { ...written, fields: withoutOldZeros(root, written.fields) }
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

function withoutOldZeros(root: MapField, fields: MapField['fields']): MapField['fields'] {
  const kept = Object.entries(fields).filter(([key, value]) => ZEROS.get(key)?.(value) !== true || isMeant(root, key))
  return kept.length === Object.keys(fields).length ? fields : Object.fromEntries(kept)
}

/**
 * Whether somebody wrote a zero in v1beta2. The API server serves objects in each version without saying in which they were
 * written, but for the managers of their fields; a zero without one is of a conversion.
 */
function isMeant({ fields }: MapField, key: string): boolean {
  if (fields['apiVersion'] === OLD_VERSION) return false
  const { metadata } = fields
  const managers = isPlainMap(metadata) ? metadata['managedFields'] : undefined
  if (!Array.isArray(managers) || managers.length === 0) return true
  return managers.some((manager: unknown) => {
    if (!isPlainMap(manager) || manager['apiVersion'] === OLD_VERSION) return false
    const { fieldsV1 } = manager
    const spec = isPlainMap(fieldsV1) ? fieldsV1['f:spec'] : undefined
    return isPlainMap(spec) && Object.hasOwn(spec, `f:${key}`)
  })
}

function isZeroDuration(value: unknown): boolean {
  return typeof value === 'string' && /^0[0.hmns]*$/.test(value)
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
