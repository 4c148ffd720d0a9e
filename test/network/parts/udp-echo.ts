/** Answers each datagram with the name of its host and what was in it. Usage: node udp-echo.ts NAME ADDRESS PORT */
import { createSocket } from 'node:dgram'

const [name = '', address = '', port = ''] = process.argv.slice(2)
const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
socket.on('message', (message, from) => socket.send(`${name} ${message.toString()}`, from.port, from.address))
socket.bind(Number(port), address, () => process.stdout.write('listening\n'))
