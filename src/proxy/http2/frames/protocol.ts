/** Numbers of the protocol (RFC 9113, 6, 6.5.2 and 7). */

export const DATA = 0
export const HEADERS = 1
export const PRIORITY = 2
export const RST_STREAM = 3
export const SETTINGS = 4
export const PUSH_PROMISE = 5
export const PING = 6
export const GOAWAY = 7
export const WINDOW_UPDATE = 8
export const CONTINUATION = 9

export const END_STREAM = 0x1
export const ACK = 0x1
export const END_HEADERS = 0x4
export const PADDED = 0x8
export const WITH_PRIORITY = 0x20

export const NO_ERROR = 0
export const PROTOCOL_ERROR = 1
export const INTERNAL_ERROR = 2
export const FLOW_CONTROL_ERROR = 3
export const STREAM_CLOSED = 5
export const FRAME_SIZE_ERROR = 6
export const REFUSED_STREAM = 7
export const CANCEL = 8
export const COMPRESSION_ERROR = 9
export const ENHANCE_YOUR_CALM = 11

export const HEADER_TABLE_SIZE = 1
export const ENABLE_PUSH = 2
export const MAX_CONCURRENT_STREAMS = 3
export const INITIAL_WINDOW_SIZE = 4
export const MAX_FRAME_SIZE = 5
export const MAX_HEADER_LIST_SIZE = 6
/** RFC 8441, 3. */
export const ENABLE_CONNECT_PROTOCOL = 8
/** RFC 9218, 2.1: we do not look at the priorities of RFC 7540. */
export const NO_RFC7540_PRIORITIES = 9

export const FRAME_HEAD_BYTES = 9
/** Payload that every peer takes and that we take: nobody gains by more, and buffers stay small. */
export const FRAME_BYTES = 16_384
/** Window of streams and connections before anybody changes it. */
export const DEFAULT_WINDOW = 65_535
export const LARGEST_WINDOW = 0x7fff_ffff
export const LARGEST_STREAM_ID = 0x7fff_ffff

export const CLIENT_PREFACE: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')
