/**
 * One test cluster at a time in a network namespace: pods of all clusters have the same addresses. The runner starts as many
 * test files at once as the machine has cores; each waits here for its turn.
 */
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** An abstract socket (unix(7)): it belongs to the network namespace, and ends with its process. */
const NAME = '\0genkan-test-cluster'
const LOOK_MS = 200

/** @returns what gives the namespace to the next one */
export async function waitForNamespace(): Promise<() => void> {
  for (;;) {
    const release = await tryToTake()
    if (release !== null) return release
    await delay(LOOK_MS)
  }
}

function tryToTake(): Promise<(() => void) | null> {
  const server = createServer().unref()
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null)
      else reject(error)
    })
    server.listen(NAME, () => resolve(() => void server.close()))
  })
}
