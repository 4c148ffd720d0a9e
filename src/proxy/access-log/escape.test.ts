import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { escapeDefault, escapeJson, escapeLineBreaks } from './escape.ts'

const byteStrings = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1'))

test('default escaping writes quotes, backslashes, controls and high bytes as \\xXX', () => {
  assert.equal(escapeDefault('a"b\\c\td\xe3\x81\x82\x7f\xff'), 'a\\x22b\\x5Cc\\x09d\\xE3\\x81\\x82\\x7F\\xFF')
})

test('default escaping can be undone and leaves only printable ASCII', () => {
  fc.assert(
    fc.property(byteStrings, (value) => {
      const escaped = escapeDefault(value)
      assert.match(escaped, /^[\x20-\x7e]*$/)
      assert.equal(
        escaped.replace(/\\x([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        value,
      )
    }),
  )
})

test('JSON escaping of any bytes is a JSON string once the line is read as UTF-8', () => {
  fc.assert(
    fc.property(byteStrings, (value) => {
      const line = Buffer.from(`"${escapeJson(value)}"`, 'latin1')
      assert.equal(typeof JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line)), 'string')
    }),
  )
})

test('JSON escaping keeps text that is UTF-8', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const line = `"${escapeJson(Buffer.from(text, 'utf8').toString('latin1'))}"`
      assert.equal(JSON.parse(Buffer.from(line, 'latin1').toString('utf8')), text)
    }),
  )
})

test('escape none changes nothing but line breaks', () => {
  assert.equal(escapeLineBreaks('a"b\\c\t\xff'), 'a"b\\c\t\xff')
  assert.equal(escapeLineBreaks('a\r\nb'), 'a\\x0D\\x0Ab')
})
