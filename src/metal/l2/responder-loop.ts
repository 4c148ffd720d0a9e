/**
 * The responder's thread from the inside: one `poll` over packet sockets, the kernel's notifications and the owner's commands,
 * so that an answer never waits for anything else this process does.
 */
import { isLinkLocalKey, toAddressKey } from './address-key.ts'
import { parseMac } from './ethernet.ts'
import type { UsedLink } from './held-address.ts'
import { compilePatterns, lostLinks, toInterfaces } from './interfaces.ts'
import type { Libc } from './libc.ts'
import { POLLIN, failureOf } from './libc.ts'
import { readLinks, watchLinks } from './netlink-socket.ts'
import type { PacketSocket } from './packet-socket.ts'
import { openPacketSocket } from './packet-socket.ts'
import type { ResponderCore } from './responder-core.ts'
import { createResponderCore } from './responder-core.ts'
import type { L2Event, L2Interface, L2Settings } from './responder-model.ts'
import type { UsedInterface } from './used-interface.ts'
import { createUsedInterface } from './used-interface.ts'

/** Interfaces are looked at again at least so often, and at most so often when notifications rain. */
const RESCAN_MS = 2000
const RESCAN_PAUSE_MS = 20
/** Frames read from one socket before the others have their turn. */
const FRAMES_PER_TURN = 64

export interface LoopPorts {
  readonly emit: (event: L2Event) => void
  /** What was emitted has to be with the owner: the thread is about to wait. */
  readonly flush: () => void
  /** Readable when a command waits. */
  readonly commandFd: number
  /** Obeys the commands that wait, if any; false = the end. */
  readonly obey: (core: ResponderCore, loop: { configure(settings: L2Settings): void }) => boolean
}

/** Runs until told to end. @throws {L2Failure} when sockets cannot be opened at all */
export function runResponder(libc: Libc, initial: L2Settings, ports: LoopPorts): void {
  // Says at once, and not with the first announcement, that a capability is missing.
  openPacketSocket(libc, 4, 0, false).close()
  const watch = watchLinks(libc)
  const used = new Map<number, UsedInterface>()
  const lost = new Set<number>()
  const troubles = new Map<string, string>()
  let settings = initial
  let known = ''
  let revision = -1
  let rescanAtMs = 0
  let lastScanMs = -Infinity

  const core = createResponderCore(initial, {
    nowMs: () => performance.now(),
    send(index, family, frame) {
      const socket = used.get(index)?.sockets.get(family)
      return socket !== undefined && socket.send(frame)
    },
    emit: ports.emit,
  })

  /** Told once until it changes or is over. */
  function tellTrouble(name: string, message: string | null): void {
    if (message === null) return void troubles.delete(name)
    if (troubles.get(name) === message) return
    troubles.set(name, message)
    ports.emit({ kind: 'trouble', interface: name, message })
  }

  function rescan(): void {
    lastScanMs = performance.now()
    rescanAtMs = lastScanMs + RESCAN_MS
    const { patterns, broken } = compilePatterns(settings.excludedInterfaces)
    tellTrouble(
      '',
      broken.length === 0 ? null : `Cannot exclude interfaces by ${broken.join(', ')}: no regular expression`,
    )
    // What did not work the last time is tried again.
    if (troubles.size > 0) revision = -1
    const interfaces = toInterfaces(readLinks(libc), patterns)
    const text = JSON.stringify(interfaces)
    if (text === known && lost.size === 0) return
    if (text !== known) ports.emit({ kind: 'interfaces', interfaces })
    known = text
    const links = interfaces.flatMap((entry) => toUsedLink(entry) ?? [])
    const byIndex = new Map(links.map((link) => [link.index, link]))
    for (const [index, entry] of used) {
      if (byIndex.get(index)?.name === entry.name) continue
      entry.close()
      used.delete(index)
    }
    for (const link of links) {
      const entry = used.get(link.index)
      if (entry === undefined)
        used.set(link.index, createUsedInterface(libc, link.name, link.index, settings.isPromiscuous))
      else if (lost.has(link.index)) tellTrouble(link.name, entry.renew())
    }
    const macs = new Set(interfaces.flatMap((entry) => parseMac(entry.mac) ?? []))
    core.setLinks(links, macs, new Set(lost))
    lost.clear()
  }

  function listen(): void {
    revision = core.revision
    for (const entry of used.values()) tellTrouble(entry.name, entry.listen(core.interest(entry.index)))
  }

  function readFrames(entry: UsedInterface, socket: PacketSocket): void {
    const problem = attempt(() => {
      for (let count = 0; count < FRAMES_PER_TURN; count += 1) {
        const frame = socket.read()
        if (frame === null) return
        if (core.receive(entry.index, socket.family, frame)) core.counters.observeReply(socket.ageNs())
      }
    })
    if (problem === null) return
    tellTrouble(entry.name, problem)
    // Opened again with the next look at the interfaces.
    entry.abandon(socket.family)
  }

  try {
    rescan()
    ports.emit({ kind: 'ready' })
    for (let mayHaveCommands = true; ;) {
      if (mayHaveCommands && !ports.obey(core, { configure })) return
      if (performance.now() >= rescanAtMs) tellTrouble('kernel', attempt(rescan))
      if (core.revision !== revision) listen()
      const wakeInMs = Math.min(core.advance(), Math.max(0, rescanAtMs - performance.now()))
      const entries = [...used.values()].flatMap((entry) =>
        Array.from(entry.sockets.values(), (socket) => ({ entry, socket })),
      )
      ports.flush()
      const ready = pollFor(libc, [ports.commandFd, watch.fd, ...entries.map(({ socket }) => socket.fd)], wakeInMs)
      mayHaveCommands = ready[0] === true
      if (ready[1] === true) {
        for (const index of lostLinks(watch.drain())) lost.add(index)
        rescanAtMs = Math.min(rescanAtMs, Math.max(performance.now(), lastScanMs + RESCAN_PAUSE_MS))
      }
      for (const [index, { entry, socket }] of entries.entries())
        if (ready[index + 2] === true) readFrames(entry, socket)
    }
  } finally {
    watch.close()
    for (const entry of used.values()) entry.close()
  }

  function configure(next: L2Settings): void {
    const wasPromiscuous = settings.isPromiscuous
    settings = next
    core.configure(next)
    known = ''
    rescanAtMs = 0
    if (next.isPromiscuous === wasPromiscuous) return
    for (const entry of used.values()) entry.close()
    used.clear()
  }
}

/** The text of what it throws; `null` = nothing. */
function attempt(action: () => void): string | null {
  try {
    action()
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Which of these can be read, or have an error to be read. */
function pollFor(libc: Libc, fds: readonly number[], timeoutMs: number): readonly boolean[] {
  const buffer = Buffer.alloc(fds.length * 8)
  for (const [index, fd] of fds.entries()) {
    buffer.writeInt32LE(fd, index * 8)
    buffer.writeInt16LE(POLLIN, index * 8 + 4)
  }
  const count = libc.poll(buffer, fds.length, Math.ceil(timeoutMs))
  if (count < 0 && libc.lastError() !== 'EINTR') throw failureOf(libc, 'wait for frames')
  return fds.map((_, index) => count > 0 && buffer.readInt16LE(index * 8 + 6) !== 0)
}

function toUsedLink(entry: L2Interface): UsedLink | null {
  const mac = parseMac(entry.mac)
  if (entry.unusedReason !== '' || mac === null) return null
  const own = entry.addresses.flatMap(({ address, isTentative }) => {
    const key = toAddressKey(address)
    return key !== null && isLinkLocalKey(key) ? [{ key, isTentative }] : []
  })
  return {
    name: entry.name,
    index: entry.index,
    mac,
    linkLocal: own.find(({ isTentative }) => !isTentative)?.key ?? null,
    hasIPv6: own.length > 0,
  }
}
