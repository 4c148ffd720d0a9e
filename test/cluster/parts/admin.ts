/** What a replica says of itself on its admin port. */
import type { ServeProcess } from './serve-process.ts'

export interface ReportedLeadership {
  readonly lease: string
  readonly leader: string
  readonly isLeader: boolean
}

const PATIENCE_MS = 10_000

export async function readAdmin(server: ServeProcess, path: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${server.adminPort}${path}`, {
    signal: AbortSignal.timeout(PATIENCE_MS),
  })
  return await answer.text()
}

/** @throws {Error} when it does not answer */
export async function readLeadership(server: ServeProcess): Promise<ReportedLeadership> {
  const version = JSON.parse(await readAdmin(server, '/api/v1/version')) as { readonly leadership: ReportedLeadership }
  return version.leadership
}
