/** What we have to remember beside AWS's own state, kept in tags so that the next leader knows it. */

/** Keys of attributes that we wrote, joined by spaces; further ones in `genkan.dev/attributes-2` and so on. */
const ATTRIBUTES_TAG = 'genkan.dev/attributes'
/** SHA-256 over client id and secret of an OIDC action, since AWS does not say them back. */
export const SECRET_TAG = 'genkan.dev/client-secret'
/** SHA-256 of an imported certificate. */
export const FINGERPRINT_TAG = 'genkan.dev/certificate'
/** Present on a load balancer for which we made a Shield protection. */
export const SHIELD_TAG = 'genkan.dev/shield'

const MAX_VALUE = 256

type TagRecord = Readonly<Record<string, string>>

export function rememberedAttributes(tags: TagRecord): ReadonlySet<string> {
  const keys = new Set<string>()
  for (const [key, value] of Object.entries(tags)) {
    if (!isAttributesTag(key)) continue
    for (const name of value.split(' ')) if (name !== '') keys.add(name)
  }
  return keys
}

/** None for no keys. */
export function attributeMemory(keys: Iterable<string>): Record<string, string> {
  const tags: Record<string, string> = {}
  let chunk = ''
  let count = 0
  const close = (): void => {
    count++
    tags[count === 1 ? ATTRIBUTES_TAG : `${ATTRIBUTES_TAG}-${count}`] = chunk
    chunk = ''
  }
  for (const key of [...new Set(keys)].sort()) {
    if (chunk !== '' && chunk.length + key.length + 1 > MAX_VALUE) close()
    chunk = chunk === '' ? key : `${chunk} ${key}`
  }
  if (chunk !== '') close()
  return tags
}

export function isAttributesTag(key: string): boolean {
  return key === ATTRIBUTES_TAG || key.startsWith(`${ATTRIBUTES_TAG}-`)
}
