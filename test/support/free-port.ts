/** For programs that cannot listen on port 0 and say which port they got. */
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below those that systems give to outgoing connections: none of these takes the port before the program does. */
const LOWEST = 15_000
const HIGHEST = 32_000
const TRIES = 100
const given = new Set<number>()

/** A loopback port that was free a moment ago, and that nobody in this process was given before. */
export async function findFreePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = randomInt(LOWEST, HIGHEST)
    if (given.has(port) || !(await isFree(port))) continue
    given.add(port)
    return port
  }
  throw new Error(`Cannot find a free port: ${TRIES} between ${LOWEST} and ${HIGHEST} are in use`)
}

async function isFree(port: number): Promise<boolean> {
  // On all addresses: some programs listen on more than loopback.
  const server = createServer()
  const isListening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(port, () => resolve(true))
  })
  if (!isListening) return false
  server.close()
  await once(server, 'close')
  return true
}
