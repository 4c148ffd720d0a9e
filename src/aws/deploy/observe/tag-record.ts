/** Tags as AWS gives them, by key in order. */
export function toTagRecord(
  tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] = [],
): Record<string, string> {
  const pairs = tags.map(({ Key = '', Value = '' }): [string, string] => [Key, Value])
  return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)))
}
