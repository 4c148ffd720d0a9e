/** Verifies one password against one htpasswd hash. Slow by design: runs in `basic-auth-worker.ts`, never on an event loop. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { compareSync } from 'bcryptjs'
import { classifyHash } from '../../routing/password-hash.ts'
import { md5Crypt } from './basic-auth-md5-crypt.ts'
import { shaCrypt } from './basic-auth-sha-crypt.ts'

const LOWEST_ROUNDS = 1000
const DEFAULT_ROUNDS = 5000

/** @returns false also for hashes that `classifyHash` refuses */
export function verifyPassword(hash: string, password: Buffer): boolean {
  const form = classifyHash(hash)
  if (form.kind === 'refused') return false
  switch (form.hash) {
    case 'bcrypt':
      return compareSync(password.toString('utf8'), hash)
    case 'apr1': {
      const [, , salt = '', sum = ''] = hash.split('$')
      return isSame(md5Crypt(password, salt), sum)
    }
    case 'sha1':
      return isSame(createHash('sha1').update(password).digest('base64'), hash.slice('{SHA}'.length))
    case 'salted-sha1': {
      const stored = Buffer.from(hash.slice('{SSHA}'.length), 'base64')
      const sum = createHash('sha1').update(password).update(stored.subarray(20)).digest()
      return stored.length >= 20 && timingSafeEqual(sum, stored.subarray(0, 20))
    }
    case 'sha256-crypt':
      return verifyShaCrypt('sha256', hash, password)
    case 'sha512-crypt':
      return verifyShaCrypt('sha512', hash, password)
  }
}

function verifyShaCrypt(algorithm: 'sha256' | 'sha512', hash: string, password: Buffer): boolean {
  const parts = hash.split('$')
  const written = /^rounds=(\d+)$/.exec(parts[2] ?? '')
  const rounds = written === null ? DEFAULT_ROUNDS : Math.max(LOWEST_ROUNDS, Number(written[1]))
  const [salt = '', sum = ''] = parts.slice(written === null ? 2 : 3)
  return isSame(shaCrypt(algorithm, password, salt, rounds), sum)
}

function isSame(left: string, right: string): boolean {
  const a = Buffer.from(left, 'latin1')
  const b = Buffer.from(right, 'latin1')
  return a.length === b.length && timingSafeEqual(a, b)
}
