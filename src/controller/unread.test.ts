import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Finding } from '../base/finding.ts'
import { withoutFalseAbsence } from './unread.ts'

const ORIGIN = { object: 'Ingress shop/web', path: 'spec.tls[0].secretName' }
const UNREAD = {
  unreadKinds: [],
  unreadObjects: new Map([['Secret shop/cert', 'forbidden']]),
  isUnread: (kind: string) => kind === 'Service',
  isListed: () => true,
}

function finding(absent?: string, message = 'Cannot find it: it does not exist'): Finding {
  const base = { code: 'SECRET_NOT_FOUND', severity: 'warning', message, origin: ORIGIN } as const
  return absent === undefined ? base : { ...base, absent }
}

test('what was not read is not said to be absent, whatever the words', () => {
  const [secret, service] = withoutFalseAbsence(
    [finding('Secret shop/cert', 'There is none'), finding('Service shop/web')],
    UNREAD,
  )
  assert.equal(secret?.code, 'CLUSTER_OBJECT_UNREAD')
  assert.match(
    secret?.message ?? '',
    /^Cannot check Secret shop\/cert: it cannot be read with these rights \(forbidden\);/,
  )
  assert.match(service?.message ?? '', /^Cannot check Service shop\/web: it cannot be read with these rights;/)
})

test('what was looked for and not found stays as it is, and so does what only sounds like it', () => {
  const findings = [finding('Secret shop/other'), finding(undefined, 'Secret shop/cert has no key that does not exist')]
  assert.deepEqual(withoutFalseAbsence(findings, UNREAD), findings)
})
