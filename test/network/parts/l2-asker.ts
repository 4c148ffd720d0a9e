/**
 * Asks for an address by ARP and writes the microseconds until each answer, as JSON: `null` where none came within two seconds,
 * which is long enough for a process that waits for its turn on a busy machine.
 * Usage: node l2-asker.ts ADDRESS COUNT PAUSE_MS OWN_MAC OWN_ADDRESS
 */
import { lastWord, toAddressKey } from '../../../src/metal/l2/address-key.ts'
import { arpProbe, decodeArp, encodeArp } from '../../../src/metal/l2/arp.ts'
import { parseMac } from '../../../src/metal/l2/ethernet.ts'
import { POLLIN, loadLibc } from '../../../src/metal/l2/libc.ts'
import { openPacketSocket } from '../../../src/metal/l2/packet-socket.ts'
import { readLinks } from '../../../src/metal/l2/netlink-socket.ts'

const [address = '', count = '', pauseMs = '', mac = '', own = ''] = process.argv.slice(2)
const libc = loadLibc()
const link = readLinks(libc).find((message) => message.kind === 'link' && message.name === 'eth0')
if (link?.kind !== 'link') throw new Error('Cannot ask: there is no eth0')
const socket = openPacketSocket(libc, 4, link.index, false)
const key = toAddressKey(address)!
socket.watch([lastWord(key)])
const request = encodeArp({ ...arpProbe(parseMac(mac)!, key), senderAddress: toAddressKey(own)! })
const pollFd = Buffer.alloc(8)
pollFd.writeInt32LE(socket.fd, 0)
pollFd.writeInt16LE(POLLIN, 4)

const micros: (number | null)[] = []
for (let asked = 0; asked < Number(count); asked += 1) {
  const start = performance.now()
  socket.send(request)
  micros.push(awaitReply(start))
  libc.poll(Buffer.alloc(0), 0, Number(pauseMs))
}
process.stdout.write(`${JSON.stringify(micros)}\n`)

function awaitReply(start: number): number | null {
  while (performance.now() - start < 2000) {
    libc.poll(pollFd, 1, 2000)
    for (let frame = socket.read(); frame !== null; frame = socket.read()) {
      const packet = decodeArp(frame)
      if (packet?.operation === 'reply' && packet.senderAddress === key && packet.destination === parseMac(mac))
        return Math.round((performance.now() - start) * 1000)
    }
  }
  return null
}
