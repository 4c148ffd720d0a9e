/** Hashes that OpenSSL makes of random passwords are accepted, and hostile htpasswd files are read without harm. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { suite, test } from 'node:test'
import { readUsers } from '../../src/dialects/nginx/htpasswd.ts'
import { secretOf } from '../../src/kube/testing/plain-objects.ts'
import { verifyPassword } from '../../src/proxy/filters/basic-auth-verify.ts'
import { classifyHash } from '../../src/routing/password-hash.ts'
import { createBudget } from './budget.ts'
import { createRandom, type Random } from './random.ts'

const SCHEMES = ['-apr1', '-5', '-6'] as const
/** OpenSSL is a process for each hash. */
const HASHES = 60

suite('htpasswd', () => {
  test('a hash that OpenSSL makes of a password is that of this password, and of no other', () => {
    const { seed } = createBudget(0)
    for (let i = 0; i < HASHES; i++) {
      const random = createRandom(seed + i)
      const scheme = SCHEMES[i % SCHEMES.length] ?? '-6'
      const password = text(random, 1 + random.int(70))
      const salt = text(random, 1 + random.int(scheme === '-apr1' ? 8 : 16)).replace(/[^./A-Za-z0-9]/g, 'x')
      const hash = execFileSync('openssl', ['passwd', scheme, '-salt', salt, '-stdin'], {
        input: `${password}\n`,
        encoding: 'utf8',
      }).trim()
      const where = `seed ${seed + i}: ${hash}`
      assert.equal(classifyHash(hash).kind, 'known', where)
      assert.equal(verifyPassword(hash, Buffer.from(password)), true, where)
      assert.equal(verifyPassword(hash, Buffer.from(`${password}x`)), false, where)
      assert.equal(verifyPassword(hash, Buffer.from(password.slice(1))), false, where)
    }
  })

  test('a file of anything is read to its end: each line is a user, a remark or a refusal, and nothing else', () => {
    const { seed, endsAtMs } = createBudget(0.1)
    for (let i = 0; i < 20_000 && performance.now() < endsAtMs; i++) {
      const random = createRandom(seed + i)
      const file = Array.from({ length: random.int(8) }, () => line(random)).join('\n')
      const list = readUsers(secretOf('users', { auth: Buffer.from(file, 'latin1') }), 'auth-file')
      assert.ok(list !== null)
      const decoded = Buffer.from(file, 'latin1').toString('utf8')
      const lines = decoded.split('\n').filter((written) => written.trim() !== '' && !written.trim().startsWith('#'))
      assert.equal(list.users.length + list.refused.length, lines.length, `seed ${seed + i}`)
      for (const user of list.users) {
        assert.equal(classifyHash(user.hash).kind, 'known', `seed ${seed + i}`)
        assert.ok(!/[:\n]/.test(user.name) && user.name !== '', `seed ${seed + i}`)
      }
      for (const { state } of list.refused) {
        assert.ok(!decoded.includes(state) || state.length < 3, `seed ${seed + i}: a refusal that repeats the file`)
      }
    }
  })
})

const PIECES = [
  'user',
  ':',
  '$apr1$',
  '$6$rounds=',
  '999999999',
  '$',
  '{SHA}',
  '{SSHA}',
  '$2y$31$',
  '#',
  ' ',
  '\r',
  '\0',
]

function line(random: Random): string {
  let out = ''
  for (let i = random.int(9); i >= 0; i--) {
    out += random.int(3) === 0 ? text(random, random.int(90)) : random.pick(PIECES)
  }
  return out
}

/** Printable ASCII. */
function text(random: Random, length: number): string {
  let out = ''
  for (let i = 0; i < length; i++) out += String.fromCharCode(0x21 + random.int(0x5e))
  return out
}
