/**
 * Sends ARP requests for an address from ever other stations, and writes how many it sent; a first line says that it begins.
 * Usage: node l2-storm.ts ADDRESS PER_SECOND SECONDS
 */
import { toAddressKey } from '../../../src/metal/l2/address-key.ts'
import { arpProbe, encodeArp } from '../../../src/metal/l2/arp.ts'
import { loadLibc } from '../../../src/metal/l2/libc.ts'
import { readLinks } from '../../../src/metal/l2/netlink-socket.ts'
import { openPacketSocket } from '../../../src/metal/l2/packet-socket.ts'

const [address = '', perSecond = '', seconds = ''] = process.argv.slice(2)
const libc = loadLibc()
const link = readLinks(libc).find((message) => message.kind === 'link' && message.name === 'eth0')
if (link?.kind !== 'link') throw new Error('Cannot send: there is no eth0')
const socket = openPacketSocket(libc, 4, link.index, false)
const key = toAddressKey(address)!
process.stdout.write('started\n')
const start = performance.now()
let sent = 0
for (;;) {
  const elapsed = performance.now() - start
  if (elapsed > Number(seconds) * 1000) break
  for (const due = (elapsed * Number(perSecond)) / 1000; sent < due; sent += 1) {
    const station = 0x0600_0000_0000 + (sent % 50_000)
    const packet = { ...arpProbe(station, key), senderAddress: String.fromCharCode(192, 0, 2, 200 + (sent % 50)) }
    socket.send(encodeArp(packet))
  }
  libc.poll(Buffer.alloc(0), 0, 1)
}
process.stdout.write(`${sent}\n`)
