import { refuse } from './refusal.ts'

/** AWS's limits: 50 tags, keys of 1 to 128 and values of 0 to 256 characters, no key twice, none of `aws:`. */
export function addTags(
  tags: Map<string, string>,
  given: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined,
  limit = 50,
): void {
  const keys = new Set<string>()
  for (const { Key: key = '', Value: value = '' } of given ?? []) {
    if (keys.has(key)) refuse('DuplicateTagKeys', `Tag key '${key}' was given twice`)
    keys.add(key)
    if (key.length < 1 || key.length > 128 || /^aws:/i.test(key))
      refuse('ValidationError', `Tag key '${key}' is invalid`)
    if (value.length > 256) refuse('ValidationError', `The value of tag '${key}' has more than 256 characters`)
    const isPlain = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u
    if (!isPlain.test(key) || !isPlain.test(value))
      refuse('ValidationError', `Tag '${key}' has characters that are not allowed`)
  }
  const total = new Set([...tags.keys(), ...keys]).size
  if (total > limit) refuse('TooManyTags', `${total} tags are more than ${limit}`)
  for (const { Key: key = '', Value: value = '' } of given ?? []) tags.set(key, value)
}

export function tagList(tags: ReadonlyMap<string, string>): { Key: string; Value: string }[] {
  return [...tags].map(([Key, Value]) => ({ Key, Value }))
}
