import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as assertProperty, domain, ipV4, ipV6, oneof, property, string } from 'fast-check'
import { parseCertificateHost } from './certificate-host.ts'

const ACCEPTED: readonly (readonly [string, 'dns' | 'ip', string])[] = [
  ['shop.example.com', 'dns', 'shop.example.com'],
  ['Shop.Example.COM.', 'dns', 'shop.example.com'],
  ['*.example.com', 'dns', '*.example.com'],
  ['localhost', 'dns', 'localhost'],
  ['127.0.0.1', 'ip', '127.0.0.1'],
  ['::1', 'ip', '::1'],
  ['[::1]', 'ip', '::1'],
  ['例え.テスト', 'dns', 'xn--r8jz45g.xn--zckzah'],
  ['*.例え.テスト', 'dns', '*.xn--r8jz45g.xn--zckzah'],
]
for (const [text, type, value] of ACCEPTED) {
  test(`${text} is the ${type} name ${value}`, () => {
    assert.deepEqual(parseCertificateHost(text), { ok: true, host: { type, value } })
  })
}

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['', /it is empty; accepted are names such as/],
  ['https://shop.example.com/cart', /it is a URL; give the host alone: shop\.example\.com$/],
  ['shop.example.com:8443', /a certificate has no port; give the host alone: shop\.example\.com$/],
  ['10.0.0.0/8', /path or range/],
  ['10.0.0.256', /ends in a number but is not an IPv4 address/],
  ['*', /exactly one label/],
  ['a.*.example.com', /exactly one label/],
  ['*.*.example.com', /exactly one label/],
  ['shop..example.com', /empty label/],
  ['shop_1.example.com', /label shop_1 has characters/],
  ['-shop.example.com', /label -shop has characters/],
  [`${'a'.repeat(64)}.example.com`, /longer than the 63 characters/],
  [`${'a.'.repeat(130)}com`, /longer than the 253 characters/],
  ['shop example', /has characters/],
]
for (const [text, message] of REFUSED) {
  test(`"${text.slice(0, 40)}" is refused with a reason`, () => {
    const result = parseCertificateHost(text)
    assert.equal(result.ok, false)
    if (!result.ok) assert.match(result.message, message)
  })
}

test('any text gives a name or a message, and a name reads back as itself', () => {
  assertProperty(
    property(oneof(string(), domain(), ipV6(), ipV4()), (text) => {
      const result = parseCertificateHost(text)
      if (!result.ok) return assert.match(result.message, /^Cannot make a certificate for /)
      assert.deepEqual(parseCertificateHost(result.host.value), result)
    }),
  )
})
