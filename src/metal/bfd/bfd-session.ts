/** The state machine of one BFD session in asynchronous mode (RFC 5880 6.2 to 6.8). No echo, no demand mode. */
import type { BfdEvent, BfdSessionSettings, BfdStatus } from './bfd-model.ts'
import { DIAGNOSTICS, encodeBfd, type BfdPacket, type BfdState } from './packet.ts'

export interface BfdSessionPorts {
  readonly send: (bytes: Uint8Array) => void
  readonly onEvent: (event: BfdEvent) => void
  /** 0 to 1. */
  readonly random: () => number
}

export interface BfdSession {
  readonly settings: BfdSessionSettings
  readonly discriminator: number
  readonly start: () => void
  /** A packet that was found to be for this session. */
  readonly receive: (packet: BfdPacket) => void
  /** Says that the session ends on purpose; the caller may ask for it again. */
  readonly endOnPurpose: () => void
  readonly stop: () => void
  readonly status: () => BfdStatus
}

/** RFC 5880 6.8.3: at most one packet in a second while the session is not up. */
const SLOW_US = 1_000_000

export function createBfdSession(
  settings: BfdSessionSettings,
  discriminator: number,
  { send, onEvent, random }: BfdSessionPorts,
): BfdSession {
  const fastUs = settings.transmitMs * 1000
  const requiredRxUs = settings.receiveMs * 1000
  const counts = { packetsSent: 0, packetsReceived: 0, ups: 0, downs: 0 }
  let state: BfdState = 'Down'
  let diagnostic: number = DIAGNOSTICS.none
  let desiredTxUs = Math.max(SLOW_US, fastUs)
  let isPolling = false
  let remoteState: BfdState = 'Down'
  let remoteDiscriminator = 0
  let remoteRequiredRxUs = 1
  let remoteIsDemand = false
  let detectMs = 0
  let scheduledUs = 0
  let transmitTimer: NodeJS.Timeout | undefined
  let detectTimer: NodeJS.Timeout | undefined
  let hasHeard = false
  let isStopped = false

  function transmit(isFinal = false): void {
    counts.packetsSent++
    send(
      encodeBfd({
        diagnostic,
        state,
        // RFC 5880 6.5: never both.
        isPoll: isPolling && !isFinal,
        isFinal,
        isDemand: false,
        detectMultiplier: settings.detectMultiplier,
        myDiscriminator: discriminator,
        yourDiscriminator: remoteDiscriminator,
        desiredTxUs,
        requiredRxUs,
        requiredEchoUs: 0,
      }),
    )
  }

  /** 0 = nothing is to be sent periodically. */
  function intervalUs(): number {
    if (settings.isPassive && remoteDiscriminator === 0) return 0
    if (remoteRequiredRxUs === 0) return 0
    if (remoteIsDemand && state === 'Up' && remoteState === 'Up' && !isPolling) return 0
    return Math.max(desiredTxUs, remoteRequiredRxUs)
  }

  function schedule(): void {
    clearTimeout(transmitTimer)
    scheduledUs = intervalUs()
    if (scheduledUs === 0 || isStopped) return
    // RFC 5880 6.8.7: up to a quarter less, and at least a tenth when one lost packet ends the session.
    const jitter = settings.detectMultiplier === 1 ? 0.75 + random() * 0.15 : 0.75 + random() * 0.25
    transmitTimer = setTimeout(
      () => {
        transmit()
        schedule()
      },
      (scheduledUs / 1000) * jitter,
    )
  }

  function moveTo(to: BfdState, why: number, reason: string, isAdministrative = false): void {
    const from = state
    state = to
    diagnostic = why
    desiredTxUs = to === 'Up' ? fastUs : Math.max(SLOW_US, fastUs)
    // A new interval is announced by polling until the peer has confirmed it (6.8.3).
    isPolling = to === 'Up' && desiredTxUs !== SLOW_US
    if (to === 'Up') counts.ups++
    if (from === 'Up') counts.downs++
    onEvent({ from, to, reason, isAdministrative, diagnostic: why })
  }

  function receive(packet: BfdPacket): void {
    if (isStopped || state === 'AdminDown') return
    counts.packetsReceived++
    remoteDiscriminator = packet.myDiscriminator
    remoteState = packet.state
    remoteRequiredRxUs = packet.requiredRxUs
    remoteIsDemand = packet.isDemand
    if (packet.isFinal) isPolling = false
    listen((packet.detectMultiplier * Math.max(requiredRxUs, packet.desiredTxUs)) / 1000)
    const before = state
    react(packet)
    // A change is told at once; so is the answer to a poll.
    if (packet.isPoll) transmit(true)
    else if (state !== before) transmit()
    if (state !== before || intervalUs() !== scheduledUs) schedule()
  }

  /** RFC 5880 6.8.6, the last part. */
  function react(packet: BfdPacket): void {
    if (packet.state === 'AdminDown') {
      if (state !== 'Down') moveTo('Down', DIAGNOSTICS.neighborSignaledDown, 'The peer has ended BFD on purpose', true)
    } else if (state === 'Down') {
      if (packet.state === 'Down') moveTo('Init', DIAGNOSTICS.none, 'The peer is there')
      else if (packet.state === 'Init') moveTo('Up', DIAGNOSTICS.none, 'Both sides hear each other')
    } else if (state === 'Init') {
      if (packet.state !== 'Down') moveTo('Up', DIAGNOSTICS.none, 'Both sides hear each other')
    } else if (packet.state === 'Down') {
      moveTo(
        'Down',
        DIAGNOSTICS.neighborSignaledDown,
        `The peer says that it is down (diagnostic ${packet.diagnostic})`,
      )
    }
  }

  /** The peer was heard: it has so long until it has to be heard again. */
  function listen(milliseconds: number): void {
    hasHeard = true
    detectMs = milliseconds
    clearTimeout(detectTimer)
    detectTimer = setTimeout(() => {
      hasHeard = false
      // After a stall of this process what came in time may lie unread: it gets one turn to be seen.
      setImmediate(() => {
        if (!hasHeard && !isStopped) expire()
      })
    }, milliseconds)
  }

  function expire(): void {
    // RFC 5880 6.8.1: who is not heard is not known.
    remoteDiscriminator = 0
    remoteState = 'Down'
    remoteRequiredRxUs = 1
    remoteIsDemand = false
    if (state === 'Init' || state === 'Up') {
      moveTo('Down', DIAGNOSTICS.detectionTimeExpired, `Nothing was heard for ${Math.round(detectMs)} ms`)
      if (!settings.isPassive) transmit()
    }
    schedule()
  }

  function endOnPurpose(): void {
    if (isStopped) return
    clearTimeout(transmitTimer)
    clearTimeout(detectTimer)
    if (state !== 'AdminDown') {
      state = 'AdminDown'
      diagnostic = DIAGNOSTICS.administrativelyDown
      isPolling = false
    }
    transmit()
  }

  function start(): void {
    if (intervalUs() > 0) transmit()
    schedule()
  }

  function stop(): void {
    isStopped = true
    clearTimeout(transmitTimer)
    clearTimeout(detectTimer)
  }

  function status(): BfdStatus {
    const transmitMs = Math.max(desiredTxUs, remoteRequiredRxUs) / 1000
    return { state, remoteState, transmitMs, detectMs, ...counts }
  }

  return { settings, discriminator, start, receive, endOnPurpose, stop, status }
}
