/** Median and the like of what a test measured. */

/** The value below which that share lies; `share` 0.5 is the median, 1 the worst. @throws {RangeError} for nothing measured */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('Cannot take a quantile: nothing was measured')
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0
}
