/** Placeholder signature; implementation lands with its tests. */
export interface LinearRegex {
  readonly source: string
  exec(subject: string): RegExpExecArray | null
}
export function compileLinearRegex(source: string, caseInsensitive: boolean): LinearRegex | { readonly error: string } {
  return new RegExp(source, caseInsensitive ? 'i' : '')
}
