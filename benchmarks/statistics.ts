/** Small arithmetic of the report. */

/** Middle value; the mean of the two middle ones for an even count; NaN without values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[half] ?? NaN) : ((sorted[half - 1] ?? NaN) + (sorted[half] ?? NaN)) / 2
}

/** Value below which the share `p` (0 to 1) of the values lies, by nearest rank; NaN without values. */
export function percentile(values: Float64Array, p: number): number {
  const sorted = values.toSorted()
  return sorted[Math.max(0, Math.ceil(sorted.length * p) - 1)] ?? NaN
}
