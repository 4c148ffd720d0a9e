/**
 * Sends a datagram every PAUSE_MS and writes a line for each answer: who gave it, when it came (Unix ms), which one it was.
 * Usage: node udp-asker.ts ADDRESS PORT PAUSE_MS
 */
import { createSocket } from 'node:dgram'

const [address = '', port = '', pauseMs = ''] = process.argv.slice(2)
const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
socket.on('message', (message) => process.stdout.write(`${message.toString()} ${Date.now()}\n`))
// Nobody may be there for a while.
socket.on('error', () => undefined)
setInterval(() => socket.send('?', Number(port), address, () => undefined), Number(pauseMs))
