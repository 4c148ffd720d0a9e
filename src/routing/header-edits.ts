/** Fixed changes to a message's header fields, made ready once: lines to add and names to take away. */

/** Plain data of the model. Names and values have been checked by the dialect (no CR, LF, NUL). */
export interface HeaderEdits {
  /** Replace every field of that name. */
  readonly set: readonly { readonly name: string; readonly value: string }[]
  /** Come beside what is there. */
  readonly add: readonly { readonly name: string; readonly value: string }[]
  readonly remove: readonly string[]
}

export interface CompiledHeaderEdits {
  /** `Name: value\r\n`... to put behind what remains. */
  readonly lines: string
  /** Lower-case names of the fields that go. */
  readonly removed: readonly string[]
  /** True when one of the lines may be of a name that goes: spares most messages a closer look. */
  touches(lines: string): boolean
}

export function compileHeaderEdits(edits: HeaderEdits): CompiledHeaderEdits {
  const lines = [...edits.set, ...edits.add].map(({ name, value }) => `${name}: ${value}\r\n`).join('')
  const removed = new Set([...edits.set.map(({ name }) => name), ...edits.remove].map((name) => name.toLowerCase()))
  const names = [...removed].map((name) => name.replaceAll(/[^a-z0-9-]/g, '\\$&'))
  // Plain alternatives without any repetition: time is linear in the lines.
  const pattern = new RegExp(`^(?:${names.join('|')}):`, 'im')
  return { lines, removed: [...removed], touches: (text) => names.length > 0 && pattern.test(text) }
}

/** Both edits in one; where they name the same field, `inner` has its way. */
export function mergeHeaderEdits(
  outer: HeaderEdits | undefined,
  inner: HeaderEdits | undefined,
): HeaderEdits | undefined {
  if (outer === undefined || inner === undefined) return inner ?? outer
  const own = new Set([...inner.set.map(({ name }) => name), ...inner.remove].map((name) => name.toLowerCase()))
  return {
    set: [...outer.set.filter(({ name }) => !own.has(name.toLowerCase())), ...inner.set],
    add: [...outer.add.filter(({ name }) => !own.has(name.toLowerCase())), ...inner.add],
    remove: [...outer.remove, ...inner.remove],
  }
}
