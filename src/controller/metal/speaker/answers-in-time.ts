/** Far longer than a thread that runs at all takes for an answer, and shorter than probes wait. */
const PATIENCE_MS = 3000

/** Whether a thread answers at all. One that has ended answers with an error: that is known otherwise, and no standstill. */
export function answersInTime(answer: Promise<unknown>, patienceMs = PATIENCE_MS): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      // After a stall of this thread the answer may be there unread: it gets one turn to be seen.
      setImmediate(() => resolve(false))
    }, patienceMs)
    const settle = (): void => {
      clearTimeout(timer)
      resolve(true)
    }
    answer.then(settle, settle)
  })
}
