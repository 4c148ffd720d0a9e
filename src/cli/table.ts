/** Columns of text, as wide as their widest cell; the last column is not padded. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows]
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  return all
    .map((row) =>
      row
        .map((cell, column) => (column === header.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('')
}

/** `file:line` of an origin that came from a file, else empty. */
export function formatPlace(origin: { readonly file?: string; readonly line?: number }): string {
  return origin.file === undefined ? '' : `${origin.file}:${origin.line ?? 1}`
}
