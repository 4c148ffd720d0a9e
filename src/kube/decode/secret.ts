/** Secret. Nothing of its content may reach a message. Source: CoreV1 Secret. */
import { childOf, optionalText, report, toMap, toText } from '../../base/decode.ts'
import type { MapField } from '../../base/decode.ts'
import { closeMap } from '../../base/decode-list.ts'
import { Secret } from '../../base/secret.ts'
import type { KubeObject } from '../meta.ts'
import type { KubeSecret } from '../objects.ts'

/** Decodes a Secret; a value that is not base64 is left out with SECRET_INVALID. `stringData` wins over `data`. */
export function decodeSecret(root: MapField, base: Omit<KubeObject, 'kind'>): KubeSecret {
  closeMap(root, ['apiVersion', 'kind', 'metadata', 'data', 'stringData', 'type', 'immutable'])
  const data = Object.fromEntries([
    ...decodeEntries(root, 'data', fromBase64),
    ...decodeEntries(root, 'stringData', (text) => Buffer.from(text, 'utf8')),
  ])
  return { kind: 'Secret', ...base, type: optionalText(root, 'type') ?? 'Opaque', data }
}

function decodeEntries(
  root: MapField,
  key: string,
  toBytes: (text: string) => Buffer | null,
): [name: string, value: Secret][] {
  const field = childOf(root, key)
  const map = field === undefined ? null : toMap(field)
  if (map === null) return []
  const entries: [string, Secret][] = []
  for (const name of Object.keys(map.fields)) {
    const value = childOf(map, name)
    const text = value === undefined ? '' : toText(value)
    const bytes = text === null ? null : toBytes(text)
    if (bytes !== null) entries.push([name, new Secret(bytes)])
    else if (value !== undefined && typeof value.value === 'string') {
      const state = 'the value is not base64 text; encode it, or write the plain text under stringData'
      report(value, 'SECRET_INVALID', state, { at: 'key' })
    }
  }
  return entries
}

/** Standard base64 with padding; line breaks are allowed, as in the API server's decoder. */
function fromBase64(text: string): Buffer | null {
  const compact = text.replaceAll(/[\r\n]/g, '')
  if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) return null
  return Buffer.from(compact, 'base64')
}
