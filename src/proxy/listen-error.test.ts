import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ListenError } from './listen-error.ts'

function refused(code: string, host = '0.0.0.0'): string {
  return new ListenError(host, 80, Object.assign(new Error(`listen ${code}`), { code })).message
}

test('a port below 1024 names the ways to open it without being root', () => {
  const message = refused('EACCES')
  assert.match(message, /^Cannot listen on 0\.0\.0\.0:80: this user may not open it; accepted are ports from 1024 on, /)
  assert.match(message, /CAP_NET_BIND_SERVICE/)
  assert.match(message, /net\.ipv4\.ip_unprivileged_port_start/)
})

test('a host name that does not resolve is said to be one', () => {
  assert.equal(refused('ENOTFOUND', 'no.invalid'), 'Cannot listen on no.invalid:80: no address is known for the name')
})

test('IPv6 addresses are in brackets, and other troubles are the system’s words', () => {
  assert.equal(refused('EADDRINUSE', '::1'), 'Cannot listen on [::1]:80: the port is in use')
  assert.equal(refused('EMFILE'), 'Cannot listen on 0.0.0.0:80: listen EMFILE')
})
