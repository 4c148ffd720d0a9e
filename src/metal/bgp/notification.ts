/**
 * NOTIFICATION messages (RFC 4271 4.5 and 6, codes of RFC 4486, 5492, 6608, 7313 and 9384; text of RFC 8203 and 9003),
 * and the faults that decoders find: each is the NOTIFICATION that the peer is owed.
 */
import { TYPE_NOTIFICATION, toMessage } from './message.ts'

export interface BgpFault {
  readonly code: number
  readonly subcode: number
  readonly data: Uint8Array
  /** For people: what was wrong. */
  readonly text: string
}

export type Decoded<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: BgpFault }

export const HEADER_ERROR = 1
export const OPEN_ERROR = 2
export const UPDATE_ERROR = 3
export const HOLD_TIMER_EXPIRED = 4
export const FSM_ERROR = 5
export const CEASE = 6
export const ROUTE_REFRESH_ERROR = 7

export const CEASE_SUBCODES = {
  maximumPrefixes: 1,
  shutdown: 2,
  deconfigured: 3,
  reset: 4,
  rejected: 5,
  otherChange: 6,
  collision: 7,
  outOfResources: 8,
  hardReset: 9,
  bfdDown: 10,
} as const

/** RFC 9003: bytes of text at most. */
const LONGEST_TEXT = 255
const NO_DATA = new Uint8Array(0)

const NAMES: Readonly<Record<number, readonly [string, Readonly<Record<number, string>>]>> = {
  1: ['message header', { 1: 'connection not synchronized', 2: 'bad message length', 3: 'bad message type' }],
  2: [
    'OPEN',
    {
      1: 'unsupported version',
      2: 'bad peer AS',
      3: 'bad BGP identifier',
      4: 'unsupported optional parameter',
      6: 'unacceptable hold time',
      7: 'unsupported capability',
    },
  ],
  3: [
    'UPDATE',
    {
      1: 'malformed attribute list',
      2: 'unrecognized well-known attribute',
      3: 'missing well-known attribute',
      4: 'attribute flags',
      5: 'attribute length',
      6: 'invalid ORIGIN',
      8: 'invalid NEXT_HOP',
      9: 'optional attribute',
      10: 'invalid network field',
      11: 'malformed AS_PATH',
    },
  ],
  4: ['hold timer expired', {}],
  5: ['state machine', { 1: 'unexpected in OpenSent', 2: 'unexpected in OpenConfirm', 3: 'unexpected in Established' }],
  6: [
    'cease',
    {
      1: 'too many prefixes',
      2: 'administrative shutdown',
      3: 'peer de-configured',
      4: 'administrative reset',
      5: 'connection rejected',
      6: 'other configuration change',
      7: 'connection collision',
      8: 'out of resources',
      9: 'hard reset',
      10: 'BFD down',
    },
  ],
  7: ['ROUTE-REFRESH', { 1: 'invalid length' }],
}

export function toFault(code: number, subcode: number, text: string, data: Uint8Array = NO_DATA): BgpFault {
  return { code, subcode, data, text }
}

/** A Cease; the text goes with those subcodes that may carry one (RFC 9003 2). */
export function toCease(subcode: number, text = ''): BgpFault {
  const mayCarryText = subcode === CEASE_SUBCODES.shutdown || subcode === CEASE_SUBCODES.reset
  return toFault(CEASE, subcode, text, mayCarryText && text !== '' ? encodeText(text) : NO_DATA)
}

/** The whole message. Data that do not fit are cut. */
export function encodeNotification({ code, subcode, data }: BgpFault): Uint8Array {
  const body = new Uint8Array(2 + Math.min(data.length, 4075))
  body[0] = code
  body[1] = subcode
  body.set(data.subarray(0, body.length - 2), 2)
  return toMessage(TYPE_NOTIFICATION, body)
}

/** @param body of a message whose length the framing has checked (2 bytes at least) */
export function decodeNotification(body: Uint8Array): BgpFault {
  const [code = 0, subcode = 0] = body
  const data = body.slice(2)
  const mayCarryText = code === CEASE && (subcode === CEASE_SUBCODES.shutdown || subcode === CEASE_SUBCODES.reset)
  return { code, subcode, data, text: mayCarryText ? decodeText(data) : '' }
}

/** `cease: administrative shutdown (6/2) "maintenance"` */
export function formatFault({ code, subcode, text }: BgpFault): string {
  const [name, subnames] = NAMES[code] ?? ['unknown', {}]
  const subname = subnames[subcode]
  return `${name}${subname === undefined ? '' : `: ${subname}`} (${code}/${subcode})${text === '' ? '' : ` "${text}"`}`
}

function encodeText(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text)
  let length = Math.min(bytes.length, LONGEST_TEXT)
  // Not in the middle of a character.
  while (length < bytes.length && ((bytes[length] ?? 0) & 0xc0) === 0x80) length--
  return Uint8Array.of(length, ...bytes.subarray(0, length))
}

/** @returns empty for what is no such text; without control characters, because it goes into logs */
function decodeText(data: Uint8Array): string {
  const length = data[0] ?? 0
  if (length === 0 || length > data.length - 1) return ''
  return new TextDecoder().decode(data.subarray(1, 1 + length)).replaceAll(/\p{Cc}+/gu, ' ')
}
