/** Answers each datagram with the name of its host. Usage: node udp-answerer.ts NAME ADDRESS PORT */
import { createSocket } from 'node:dgram'

const [name = '', address = '', port = ''] = process.argv.slice(2)
const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
socket.on('message', (_message, from) => socket.send(name, from.port, from.address))
socket.bind(Number(port), address, () => process.stdout.write('listening\n'))
