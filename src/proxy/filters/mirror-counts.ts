/** What became of the copies of mirrored requests, in one worker or all together, since the start. */
export interface MirrorCounts {
  /** Sent, whatever came back. */
  readonly sent: number
  /** Not sent: too long, too many at a time, or nobody there. */
  readonly dropped: number
}

export function addMirrors(a: MirrorCounts, b: MirrorCounts): MirrorCounts {
  return { sent: a.sent + b.sent, dropped: a.dropped + b.dropped }
}
