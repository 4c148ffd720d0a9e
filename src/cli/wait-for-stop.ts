/** Signals that end a program that serves. */

/** Aborted by the first SIGINT or SIGTERM; a second SIGINT ends the process at once. */
export function waitForStop(): AbortSignal {
  const stop = new AbortController()
  let isAsked = false
  const onSignal = (signal: NodeJS.Signals): void => {
    if (isAsked && signal === 'SIGINT') process.exit(130)
    isAsked = true
    stop.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return stop.signal
}
