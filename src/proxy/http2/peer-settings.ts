/** SETTINGS of a client or of an upstream (RFC 9113, 6.5.2; RFC 8441, 3). */
import type { Outgoing, OutgoingStream } from './outgoing.ts'
import {
  ACK,
  ENABLE_CONNECT_PROTOCOL,
  ENABLE_PUSH,
  FLOW_CONTROL_ERROR,
  FRAME_BYTES,
  FRAME_SIZE_ERROR,
  HEADER_TABLE_SIZE,
  INITIAL_WINDOW_SIZE,
  LARGEST_WINDOW,
  MAX_CONCURRENT_STREAMS,
  MAX_FRAME_SIZE,
  NO_ERROR,
  PROTOCOL_ERROR,
} from './frames/protocol.ts'

const LARGEST_FRAME = 16_777_215
const ENTRY_BYTES = 6

/** What of a frame concerns us; -1 where it says nothing. */
export interface PeerSettings {
  initialWindow: number
  /** The least on the way and the last: both bound the encoder's table. */
  leastTableBytes: number
  tableBytes: number
  maxStreams: number
  /** 1 when extended CONNECT is understood (RFC 8441, 3). */
  connectProtocol: number
  /** 1 when it says so, which a server must not. */
  push: number
}

export function createPeerSettings(): PeerSettings {
  return { initialWindow: -1, leastTableBytes: -1, tableBytes: -1, maxStreams: -1, connectProtocol: -1, push: -1 }
}

/**
 * @param settings receives the result
 * @returns 0, or the code of the connection error
 */
export function readSettings(buffer: Buffer, start: number, end: number, settings: PeerSettings): number {
  settings.initialWindow = -1
  settings.leastTableBytes = -1
  settings.tableBytes = -1
  settings.maxStreams = -1
  settings.connectProtocol = -1
  settings.push = -1
  for (let at = start; at < end; at += ENTRY_BYTES) {
    const value = buffer.readUInt32BE(at + 2)
    switch (buffer.readUInt16BE(at)) {
      case HEADER_TABLE_SIZE:
        settings.leastTableBytes = settings.tableBytes === -1 ? value : Math.min(settings.leastTableBytes, value)
        settings.tableBytes = value
        break
      case ENABLE_PUSH:
        if (value > 1) return PROTOCOL_ERROR
        settings.push = value
        break
      case ENABLE_CONNECT_PROTOCOL:
        if (value > 1) return PROTOCOL_ERROR
        settings.connectProtocol = value
        break
      case MAX_CONCURRENT_STREAMS:
        settings.maxStreams = value
        break
      case INITIAL_WINDOW_SIZE:
        if (value > LARGEST_WINDOW) return FLOW_CONTROL_ERROR
        settings.initialWindow = value
        break
      case MAX_FRAME_SIZE:
        // We send frames of the least size that this may be.
        if (value < FRAME_BYTES || value > LARGEST_FRAME) return PROTOCOL_ERROR
        break
      default:
      // Unknown ones are ignored; limits on header lists are advice, and whoever means them answers 431.
    }
  }
  return NO_ERROR
}

/** @returns 0, or the code of the connection error, of a SETTINGS frame as such */
export function checkSettingsFrame(flags: number, streamId: number, length: number): number {
  if (streamId !== 0) return PROTOCOL_ERROR
  return ((flags & ACK) !== 0 ? length !== 0 : length % ENTRY_BYTES !== 0) ? FRAME_SIZE_ERROR : NO_ERROR
}

/**
 * Sends as the peer wants it from now on.
 *
 * @param streams all that are open; one that has not begun to send has no sending half
 * @returns false when a window grew beyond what there is
 */
export function applySettings(
  settings: PeerSettings,
  outgoing: Outgoing,
  streams: Iterable<{ readonly out: OutgoingStream | null }>,
): boolean {
  if (settings.tableBytes !== -1) {
    outgoing.encoder.setMaxTableBytes(settings.leastTableBytes)
    outgoing.encoder.setMaxTableBytes(settings.tableBytes)
  }
  if (settings.initialWindow === -1) return true
  const change = settings.initialWindow - outgoing.initialWindow
  outgoing.initialWindow = settings.initialWindow
  for (const { out } of streams) if (out !== null && !outgoing.widenStream(out, change)) return false
  return true
}
