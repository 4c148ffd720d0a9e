/** Which htpasswd hashes can be verified, told by their form alone. The proxy verifies, dialects say what it cannot. */

export type HashKind = 'bcrypt' | 'apr1' | 'sha1' | 'salted-sha1' | 'sha256-crypt' | 'sha512-crypt'

export type HashForm =
  | { readonly kind: 'known'; readonly hash: HashKind }
  /** `state` says what it is, without showing any of it. */
  | { readonly kind: 'refused'; readonly state: string }

/** Verification runs in JavaScript: one check of these costs takes about a second. */
const HIGHEST_BCRYPT_COST = 14
export const HIGHEST_SHA_CRYPT_ROUNDS = 500_000

/** What {@link classifyHash} takes, for messages. */
export const ACCEPTED_HASHES = `bcrypt (cost up to ${HIGHEST_BCRYPT_COST}), $apr1$, {SHA}, {SSHA}, $5$ and $6$`

export function classifyHash(text: string): HashForm {
  const bcrypt = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(text)
  if (bcrypt !== null) {
    const cost = Number(bcrypt[1])
    return cost >= 4 && cost <= HIGHEST_BCRYPT_COST ? known('bcrypt') : refused(`a bcrypt hash of cost ${cost}`)
  }
  if (/^\$apr1\$[^$:\s]{1,8}\$[./A-Za-z0-9]{22}$/.test(text)) return known('apr1')
  if (/^\{SHA\}[A-Za-z0-9+/]{27}=$/.test(text)) return known('sha1')
  if (/^\{SSHA\}[A-Za-z0-9+/]{28,128}={0,2}$/.test(text)) return known('salted-sha1')
  const crypt = /^\$([56])\$(?:rounds=(\d{1,9})\$)?[^$:\s]{0,64}\$([./A-Za-z0-9]+)$/.exec(text)
  if (crypt !== null && crypt[3]?.length === (crypt[1] === '5' ? 43 : 86)) {
    if (Number(crypt[2] ?? 5000) > HIGHEST_SHA_CRYPT_ROUNDS) return refused(`a hash of ${crypt[2]} rounds`)
    return known(crypt[1] === '5' ? 'sha256-crypt' : 'sha512-crypt')
  }
  if (text === '') return refused('empty')
  if (/^[$_]|^\{/.test(text)) return refused('a hash of another or broken form')
  if (/^[./A-Za-z0-9]{13}$/.test(text)) return refused('a DES crypt hash, which anyone can break')
  return refused('plain text')
}

function known(hash: HashKind): HashForm {
  return { kind: 'known', hash }
}

function refused(state: string): HashForm {
  return { kind: 'refused', state }
}
