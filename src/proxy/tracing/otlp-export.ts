/** OTLP's export request and response for traces (opentelemetry-proto 1.x, `trace_service.proto`). */
import { VERSION } from '../../base/version.ts'
import { ProtobufWriter } from './protobuf-writer.ts'

/**
 * @param spans as `otlp-span.ts` encodes them
 * @param resource attributes of the process, such as `service.name`
 */
export function encodeExportRequest(spans: readonly Buffer[], resource: Readonly<Record<string, string>>): Buffer {
  const writer = new ProtobufWriter()
  writer.message(1, () => {
    writer.message(1, () => {
      for (const [key, value] of Object.entries(resource)) {
        writer.message(1, () => {
          writer.text(1, key)
          writer.message(2, () => writer.text(1, value))
        })
      }
    })
    writer.message(2, () => {
      writer.message(1, () => {
        writer.text(1, 'genkan')
        writer.text(2, VERSION)
      })
      for (const span of spans) writer.bytes(2, span)
    })
  })
  return writer.take()
}

/** @returns how many spans the collector did not take (`partial_success.rejected_spans`); 0 for what cannot be read */
export function readRejectedSpans(response: Buffer): number {
  const partial = findField(response, 1)
  const rejected = partial instanceof Uint8Array ? findField(partial, 1) : null
  return typeof rejected === 'number' ? rejected : 0
}

/** First field of that number: bytes, or a varint's value; `null` when it is not there or the message is broken. */
function findField(message: Uint8Array, wanted: number): Uint8Array | number | null {
  let at = 0
  const readVarint = (): number => {
    let value = 0
    for (let scale = 1; at < message.length; scale *= 0x80) {
      const byte = message[at++]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
    return Number.NaN
  }
  while (at < message.length) {
    const key = readVarint()
    const wireType = key % 8
    if (wireType === 0) {
      const value = readVarint()
      if (Math.floor(key / 8) === wanted) return Number.isSafeInteger(value) ? value : null
    } else if (wireType === 2) {
      const length = readVarint()
      // Also for a length that is no number.
      if (!(at + length <= message.length)) return null
      if (Math.floor(key / 8) === wanted) return message.subarray(at, at + length)
      at += length
    } else if (wireType === 1 || wireType === 5) at += wireType === 1 ? 8 : 4
    else return null
  }
  return null
}
