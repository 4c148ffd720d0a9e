/** Writes each datagram that comes as a line of hex. Usage: node udp-recorder.ts ADDRESS PORT */
import { createSocket } from 'node:dgram'

const [address = '', port = ''] = process.argv.slice(2)
const socket = createSocket('udp4')
socket.on('message', (message) => process.stdout.write(`${message.toString('hex')}\n`))
socket.bind(Number(port), address)
