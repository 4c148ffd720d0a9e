/** The last TLS session of an endpoint for each transport: the next connection resumes it (RFC 8446, 2.2). */
import type { Transport } from './transport.ts'

/** Transports that one endpoint remembers; more than a few are a changed configuration. */
const MOST_SESSIONS = 8

export class TlsSessions {
  /** Absent until there is any: most endpoints are spoken to in plain text. */
  #tickets: Map<Transport, Buffer> | null = null

  get(transport: Transport): Buffer | undefined {
    return this.#tickets?.get(transport)
  }

  set(transport: Transport, ticket: Buffer): void {
    const tickets = (this.#tickets ??= new Map())
    tickets.delete(transport)
    tickets.set(transport, ticket)
    if (tickets.size <= MOST_SESSIONS) return
    for (const oldest of tickets.keys()) {
      tickets.delete(oldest)
      break
    }
  }
}
