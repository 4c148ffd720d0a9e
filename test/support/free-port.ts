/** For programs that cannot listen on port 0 and say which port they got. */
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/** A loopback port that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
