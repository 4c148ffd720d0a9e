/**
 * Sends a numbered datagram every 10 ms and writes a line for each answer: who gave it, its number, when it came (Unix ms).
 * Usage: node udp-client.ts ADDRESS PORT
 */
import { createSocket } from 'node:dgram'

const [address = '', port = ''] = process.argv.slice(2)
const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
let next = 0
socket.on('message', (message) => process.stdout.write(`${message.toString()} ${Date.now()}\n`))
// Nobody may be there for a while.
socket.on('error', () => undefined)
setInterval(() => socket.send(String(next++), Number(port), address, () => undefined), 10)
