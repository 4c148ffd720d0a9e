/** Spans since the start. */
export interface SpanCounts {
  readonly exported: number
  /** Lost: the queue was full, or the collector refused them. */
  readonly dropped: number
}

export function addSpans(a: SpanCounts, b: SpanCounts): SpanCounts {
  return { exported: a.exported + b.exported, dropped: a.dropped + b.dropped }
}
