/** Signals that end a program that serves. */

const WATCH_PARENT_MS = 100

/**
 * Aborted by the first SIGINT, SIGTERM or SIGHUP; a second SIGINT ends the process at once.
 *
 * @param watchesParent npm, and the shell that it starts us with, die of a SIGTERM without passing it on: their end is one too
 */
export function waitForStop({ watchesParent = false }: { readonly watchesParent?: boolean } = {}): AbortSignal {
  const stop = new AbortController()
  let isAsked = false
  const onSignal = (signal: NodeJS.Signals): void => {
    if (isAsked && signal === 'SIGINT') process.exit(130)
    isAsked = true
    stop.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  // A terminal that is closed is an end, too.
  process.on('SIGHUP', onSignal)
  // Whoever rotates logs may send it to all; without a listener Node opens a debugger for it.
  process.on('SIGUSR1', () => undefined)
  if (watchesParent && process.env['npm_execpath'] !== undefined) {
    const parent = process.ppid
    setInterval(() => {
      if (process.ppid !== parent) stop.abort()
    }, WATCH_PARENT_MS).unref()
  }
  return stop.signal
}
