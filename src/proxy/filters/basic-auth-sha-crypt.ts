/** SHA-crypt (`$5$` SHA-256, `$6$` SHA-512), after Ulrich Drepper's specification of 2007 ("Unix crypt using SHA-256 and SHA-512"). */
import { createHash } from 'node:crypto'
import { encodeTriples } from './basic-auth-crypt64.ts'

type Algorithm = 'sha256' | 'sha512'

const LONGEST_SALT = 16

/** @returns the characters after the salt: 43 for SHA-256, 86 for SHA-512 */
export function shaCrypt(algorithm: Algorithm, password: Buffer, saltText: string, rounds: number): string {
  const salt = Buffer.from(saltText, 'latin1').subarray(0, LONGEST_SALT)
  const mixed = createHash(algorithm).update(password).update(salt).update(password).digest()
  const context = createHash(algorithm).update(password).update(salt).update(repeatTo(mixed, password.length))
  for (let bits = password.length; bits > 0; bits >>= 1) context.update((bits & 1) === 1 ? mixed : password)
  let digest: Buffer = context.digest()

  const passwordSum = createHash(algorithm)
  for (let i = 0; i < password.length; i++) passwordSum.update(password)
  const passwordPart = repeatTo(passwordSum.digest(), password.length)
  const saltSum = createHash(algorithm)
  for (let i = 0; i < 16 + (digest[0] ?? 0); i++) saltSum.update(salt)
  const saltPart = repeatTo(saltSum.digest(), salt.length)

  for (let round = 0; round < rounds; round++) {
    const isOdd = (round & 1) === 1
    const next = createHash(algorithm).update(isOdd ? passwordPart : digest)
    if (round % 3 !== 0) next.update(saltPart)
    if (round % 7 !== 0) next.update(passwordPart)
    digest = next.update(isOdd ? digest : passwordPart).digest()
  }
  return algorithm === 'sha256'
    ? encodeTriples(digest, ORDER_256).slice(0, 43)
    : encodeTriples(digest, ORDER_512).slice(0, 86)
}

/** Each triple is the one before it, turned by one place and moved on by one. */
const ORDER_256 = [...turnedTriples(10, 'right'), -1, 31, 30]
const ORDER_512 = [...turnedTriples(21, 'left'), -1, -1, 63]

/** @param third a third of the digest that is written in triples */
function turnedTriples(third: number, turn: 'left' | 'right'): readonly number[] {
  const order: number[] = []
  for (let i = 0; i < third; i++) {
    const [a, b, c] = [i, i + third, i + 2 * third] as const
    const places = i % 3
    if (places === 0) order.push(a, b, c)
    else if ((places === 1) === (turn === 'left')) order.push(b, c, a)
    else order.push(c, a, b)
  }
  return order
}

function repeatTo(bytes: Buffer, length: number): Buffer {
  return Buffer.alloc(length, length === 0 ? 0 : bytes)
}
