/** A responder in a process of its own, inside a host: commands come as JSON lines, events and answers go out as such. */
import { createInterface } from 'node:readline'
import { createL2Responder } from '../../../src/metal/l2/responder.ts'
import type { L2ResponderOptions } from '../../../src/metal/l2/responder.ts'
import type { L2Announcement } from '../../../src/metal/announcement.ts'

type Command =
  | { readonly kind: 'announce'; readonly wished: readonly L2Announcement[]; readonly takenOver: readonly string[] }
  | { readonly kind: 'withdraw' | 'defend'; readonly address: string }
  | { readonly kind: 'configure'; readonly settings: Partial<L2ResponderOptions> }
  | { readonly kind: 'stats' | 'close' }
  /** Keeps the event loop busy. */
  | { readonly kind: 'block'; readonly ms: number }

const options = JSON.parse(process.argv[2] ?? '{}') as Partial<L2ResponderOptions>
const responder = createL2Responder({ ...options, onEvent: (event) => write({ ...event, atMs: Date.now() }) })

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as Command
  if (command.kind === 'announce') responder.announce(command.wished, command.takenOver)
  else if (command.kind === 'withdraw') responder.withdraw(command.address)
  else if (command.kind === 'defend') responder.defend(command.address)
  else if (command.kind === 'configure') responder.configure(command.settings)
  else if (command.kind === 'stats') write({ kind: 'stats', stats: await responder.stats() })
  else if (command.kind === 'block') for (const end = Date.now() + command.ms; Date.now() < end;);
  else break
}
await responder.close()
write({ kind: 'closed' })
process.stdin.destroy()

function write(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
