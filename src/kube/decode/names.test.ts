import { test } from 'node:test'
import assert from 'node:assert/strict'
import { checkHost, faultOfLabel, faultOfPortName, faultOfSubdomain } from './names.ts'

test('DNS names of any depth and wildcards of one leading label are hosts', () => {
  for (const host of ['a', 'shop.example.com', '*.example.com', 'xn--bcher-kva.example', '1.example.com', '*.a']) {
    assert.deepEqual(checkHost(host), { kind: 'valid', host }, host)
  }
})

test('a host in upper case is usable in lower case', () => {
  assert.deepEqual(checkHost('Shop.Example.COM'), { kind: 'upper-case', host: 'shop.example.com' })
})

for (const [host, reason] of [
  ['10.0.0.1', /IP address/],
  ['[::1]', /IP address/],
  ['2001:db8::1', /IP address/],
  ['a.example.com:8080', /port/],
  ['https://a.example.com', /URL/],
  ['a.example.com/shop', /path/],
  ['a.example.com.', /final/],
  ['*', /leave host out/],
  ['a.*.example.com', /first label/],
  ['*a.example.com', /first label/],
  ['*.*.example.com', /first label/],
  ['a_b.example.com', /"_"/],
  ['a b', /white space/],
  ['-a.example.com', /begin and end/],
  ['a..b', /empty part/],
  [`${'a'.repeat(250)}.com`, /253|63|parts/],
] as const) {
  test(`the host ${host.slice(0, 30)} is refused and the reason is said`, () => {
    const check = checkHost(host)
    assert.ok(check.kind === 'invalid')
    assert.match(check.reason, reason)
  })
}

test('labels, subdomains and port names follow RFC 1123 and IANA rules', () => {
  assert.equal(faultOfLabel('a-1'), null)
  assert.match(faultOfLabel('a.b') ?? '', /a-z/)
  assert.match(faultOfLabel('a'.repeat(64)) ?? '', /63/)
  assert.equal(faultOfSubdomain('a.b-c.d'), null)
  assert.match(faultOfSubdomain('A') ?? '', /lower case/)
  assert.equal(faultOfPortName('http-2'), null)
  assert.match(faultOfPortName('80') ?? '', /letter/)
  assert.match(faultOfPortName('a-very-long-port-name') ?? '', /15/)
})
