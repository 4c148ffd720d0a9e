/**
 * Sends frames about two addresses that are right but for some bytes, and writes how many.
 * Usage: node l2-hostile.ts IPV4 IPV6 COUNT SEED
 */
import { toAddressKey } from '../../../src/metal/l2/address-key.ts'
import { arpProbe, encodeArp, gratuitousArp } from '../../../src/metal/l2/arp.ts'
import { loadLibc } from '../../../src/metal/l2/libc.ts'
import { encodeNdp, ndpSolicitation, unsolicitedAdvertisement } from '../../../src/metal/l2/ndp.ts'
import { readLinks } from '../../../src/metal/l2/netlink-socket.ts'
import { openPacketSocket } from '../../../src/metal/l2/packet-socket.ts'

const [ipv4 = '', ipv6 = '', count = '', seed = ''] = process.argv.slice(2)
const MAC = 0x0600_0000_0001
const sender = { mac: MAC, address: toAddressKey('fe80::bad')! }
const [v4, v6] = [toAddressKey(ipv4)!, toAddressKey(ipv6)!]
const frames = [
  encodeArp(arpProbe(MAC, v4)),
  encodeArp(gratuitousArp('reply', MAC, v4)),
  encodeNdp(ndpSolicitation(sender, v6)),
  encodeNdp(unsolicitedAdvertisement(sender, v6)),
]
const libc = loadLibc()
const link = readLinks(libc).find((message) => message.kind === 'link' && message.name === 'eth0')
if (link?.kind !== 'link') throw new Error('Cannot send: there is no eth0')
const socket = openPacketSocket(libc, 4, link.index, false)
let state = Number(seed)
for (let sent = 0; sent < Number(count); sent += 1) {
  const frame = Buffer.from(frames[sent % frames.length]!)
  // Destination and EtherType stay: the frame has to get there.
  for (let edits = random(4); edits > 0; edits -= 1) frame[14 + random(frame.length - 14)] = random(256)
  socket.send(random(8) === 0 ? frame.subarray(0, 14 + random(frame.length - 13)) : frame)
  if (sent % 64 === 0) libc.poll(Buffer.alloc(0), 0, 1)
}
process.stdout.write(`${count}\n`)

/** Numerical Recipes' generator; its upper bits are the better ones. */
function random(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 0x1_0000_0000) * below)
}
