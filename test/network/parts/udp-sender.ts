/** Sends each line of hex as a datagram, a few at once, and writes how many. Usage: node udp-sender.ts ADDRESS PORT <LINES */
import { createSocket } from 'node:dgram'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const [address = '', port = ''] = process.argv.slice(2)
/** What a receiver that does nothing else at the moment has room for. */
const AT_ONCE = 50
const socket = createSocket('udp4')
let sent = 0
for await (const line of createInterface({ input: process.stdin })) {
  await new Promise((resolve) => socket.send(Buffer.from(line, 'hex'), Number(port), address, resolve))
  sent += 1
  if (sent % AT_ONCE === 0) await sleep(5)
}
socket.close()
process.stdout.write(`${sent}\n`)
