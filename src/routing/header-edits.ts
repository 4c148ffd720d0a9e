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
}

export function compileHeaderEdits(edits: HeaderEdits): CompiledHeaderEdits {
  const lines = [...edits.set, ...edits.add].map(({ name, value }) => `${name}: ${value}\r\n`).join('')
  const removed = new Set([...edits.set.map(({ name }) => name), ...edits.remove].map((name) => name.toLowerCase()))
  return { lines, removed: [...removed] }
}
