/** nginx writes durations as seconds with three digits after the point. */

const THREE_DIGITS: readonly string[] = Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, '0'))

/** @param milliseconds rounded down; below zero (a clock that was set back) counts as zero */
export function formatSeconds(milliseconds: number): string {
  if (milliseconds < 1) return '0.000'
  const whole = Math.floor(milliseconds)
  const seconds = Math.floor(whole / 1000)
  return `${seconds}.${THREE_DIGITS[whole - seconds * 1000] ?? ''}`
}
