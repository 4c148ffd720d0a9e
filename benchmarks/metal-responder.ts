/**
 * The rules of the layer 2 responder with so many addresses, without sockets: what an answer costs, what it takes to announce all of
 * them for the first time, and memory. Usage: node --expose-gc benchmarks/metal-responder.ts
 */
import { toAddressKey } from '../src/metal/l2/address-key.ts'
import { encodeArp } from '../src/metal/l2/arp.ts'
import { BROADCAST_MAC } from '../src/metal/l2/ethernet.ts'
import { createResponderCore } from '../src/metal/l2/responder-core.ts'
import { formatSpread, threadCpuMs, timeCalls } from './call-times.ts'

const SIZES = [1, 100, 5000, 20_000]
const REQUESTS = 20_000
const STORM = 200_000

function heapMb(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 1e6
}

process.stdout.write('| addresses | what | p50 / p99 / worst |\n| --- | --- | --- |\n')
for (const size of SIZES) {
  const addresses = Array.from({ length: size }, (_, n) => `10.0.${n >> 8}.${n & 255}`)
  const before = heapMb()
  const wire = { sent: 0 }
  const core = createResponderCore(
    { excludedInterfaces: [], probe: null, periodicMs: 0, isPromiscuous: false },
    { nowMs: () => performance.now(), send: () => ++wire.sent > 0, emit() {} },
  )
  const link = { name: 'eth0', index: 2, mac: 0x020000000005, linkLocal: null, hasIPv6: true }
  core.setLinks([link], new Set([link.mac]), new Set())
  const wished = addresses.map((address) => ({ address, interfaces: [], services: ['shop/s'] }))
  const cpu = threadCpuMs()
  core.announce(wished, addresses)
  const announced = threadCpuMs() - cpu
  core.interest(2)
  const listened = threadCpuMs() - cpu - announced
  while (wire.sent < 2 * size) core.advance()
  const all = threadCpuMs() - cpu
  process.stdout.write(
    `| ${size} | taken over: all wished, interests worked out, all announced once (processor time) | ${[announced, listened, all].map((ms) => `${ms.toFixed(1)} ms`).join(', ')} |\n`,
  )
  const request = (n: number): Buffer =>
    encodeArp({
      operation: 'request',
      destination: BROADCAST_MAC,
      source: 0x020000000009,
      senderMac: 0x020000000009,
      senderAddress: toAddressKey('192.0.2.9')!,
      targetMac: 0,
      targetAddress: toAddressKey(addresses[(n * 7919) % size]!)!,
    })
  const { cpuMs } = timeCalls(REQUESTS, request, (frame) => {
    if (!core.receive(2, 4, frame)) throw new Error('no answer')
  })
  process.stdout.write(`| ${size} | an answer (processor time) | ${formatSpread(cpuMs)} |\n`)
  const held = heapMb()
  for (let n = 0; n < STORM; n++) core.receive(2, 4, request(n))
  const after = heapMb()
  process.stdout.write(
    `| ${size} | heap: of the addresses, and more after ${STORM} requests | ${(held - before).toFixed(1)} MB, ${(after - held).toFixed(1)} MB |\n`,
  )
}
