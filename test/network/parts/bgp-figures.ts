/** Figures as the documentation has them. */

/** `median 1.2 ms, worst 3.4 ms of 20` */
export function formatSpread(milliseconds: readonly number[]): string {
  const sorted = milliseconds.toSorted((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0
  return `median ${median.toFixed(1)} ms, worst ${(sorted.at(-1) ?? 0).toFixed(1)} ms of ${sorted.length}`
}
