/** Apache's variant of the MD5 password scheme (`$apr1$`): 1000 rounds, salt of up to eight characters. */
import { createHash } from 'node:crypto'
import { encodeTriples } from './basic-auth-crypt64.ts'

const MAGIC = '$apr1$'
const ROUNDS = 1000
/** Digest bytes in the order in which they are written, three at a time; the last is alone. */
const ORDER = [0, 6, 12, 1, 7, 13, 2, 8, 14, 3, 9, 15, 4, 10, 5, -1, -1, 11]

/** @returns the 22 characters after the salt */
export function md5Crypt(password: Buffer, saltText: string): string {
  const salt = Buffer.from(saltText, 'latin1')
  const mixed = md5(password, salt, password)
  const context = createHash('md5').update(password).update(MAGIC).update(salt)
  for (let left = password.length; left > 0; left -= 16) context.update(mixed.subarray(0, Math.min(16, left)))
  const nul = Buffer.of(0)
  const first = password.subarray(0, 1)
  for (let bits = password.length; bits > 0; bits >>= 1) context.update((bits & 1) === 1 ? nul : first)
  let digest: Buffer = context.digest()
  for (let round = 0; round < ROUNDS; round++) {
    const isOdd = (round & 1) === 1
    const next = createHash('md5').update(isOdd ? password : digest)
    if (round % 3 !== 0) next.update(salt)
    if (round % 7 !== 0) next.update(password)
    digest = next.update(isOdd ? digest : password).digest()
  }
  return encodeTriples(digest, ORDER).slice(0, 22)
}

function md5(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('md5')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
