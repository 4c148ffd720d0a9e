import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashSync } from 'bcryptjs'
import { classifyHash } from '../../routing/password-hash.ts'
import { verifyPassword } from './basic-auth-verify.ts'

const LONG = `x${'y'.repeat(70)}`

/** Made with `openssl passwd -apr1|-5|-6 -salt ... PASSWORD`. */
const VECTORS: readonly (readonly [password: string, hash: string])[] = [
  ['secret', '$apr1$abcdEF12$4HcciAI6kn6OUovsaM7Wf/'],
  ['secret', '$5$abcdEF12$Bfvsnz7C2ORdulB//n70a2ViqY3B/9uh0YTAXnzxXd5'],
  ['secret', '$6$abcdEF12$YIgVHV3Fr5quss7.MvHLDwFMSnnIaBFPRuHnE9JBePGSvNHJvDa.VzQvWtcn5rGeNUe.rrICriklgK8yWYjTr.'],
  ['a', '$apr1$abcdEF12$WMVym8dMxLt5YqNSj/Lix/'],
  ['a', '$5$abcdEF12$KSMeKrOF67ARijy/qQLYjMIobBiZJvB8lINjViyK15B'],
  ['a', '$6$abcdEF12$ZtMmYsNudr5HxXb03Bu45ma6iatGYRW0TF8nXW7tdZaqKUDn6W3sZVBMxAWZZuXfbYBeERQLM.7E6CZRINcKy0'],
  ['ab c', '$apr1$abcdEF12$TvM212iLaxWp5vCjeeciR0'],
  ['ab c', '$5$abcdEF12$/LO5J6W8ggeyvSkzeUfpVZRLwocyDk75IratgqcfESD'],
  ['ab c', '$6$abcdEF12$sx5X5XIrbd3lYeeYDh/LiP1x1Z2pYvxLpY5lxbA6/Q26EYwfSNCtK6wnwL0ldLV3OuywLVx5rs1/tbUrQVe/t0'],
  ['0123456789abcdef0123456789', '$apr1$abcdEF12$PkX13Ldw83WrDdD1A0rpu1'],
  ['0123456789abcdef0123456789', '$5$abcdEF12$45qNXzGpd2A6RqhYU7spnk.zd6WyB9fqhvfqDkjdjI/'],
  [
    '0123456789abcdef0123456789',
    '$6$abcdEF12$a0x6iduoxPkvcE/8LlSZS.oca6R8vI1Ywv/OXHR1.Fl.5Mqvl7DOp1JJxXDjGWC0UAVz2.5g2uDAt.A8n5AU00',
  ],
  ['pässwörd', '$apr1$abcdEF12$WnnJhwr2BqUcdkREOybQe1'],
  ['pässwörd', '$5$abcdEF12$QTIBcpQprlBuJ/EVArYbVNNulm5b1iE5EoktF/Dy8K1'],
  ['pässwörd', '$6$abcdEF12$mZh0GEqFJO1Givqwzofvr8fvtohK.lX1KswpKuO4oE.fiN6JRnfvKl5k.iqNPbXvuHhLwG2KyCcNcR1xvoOJ20'],
  [LONG, '$apr1$abcdEF12$M.rVYJUTzJEK7v2RjPqVy1'],
  [LONG, '$5$abcdEF12$FhebP5dP5SCkTXo53JXiyURM2DZZOGqwk3iOpE8ulJ8'],
  [LONG, '$6$abcdEF12$4TU03p.0pNr9V4kExt5vcK2tbZklm0dUz5J6RjOPjhnxkd.yGwqeWf1hMdzzJedHhlij2voGL0Nrvk9FtwiiE1'],
  [
    'secret',
    '$6$rounds=1000$abc$MqEcPZUYRGGcOeq7PhMpfjfu/F0HrVEI0OlZBijWvO8mSG77iNUDP5MqFceKpJTBc8iITVtNyLiNTRNCxv6oh0',
  ],
  ['secret', '$5$longsaltlongsalt$XLhezpIGJ/8rP77Ie49pLa661BgX7h7kGexnm0LTMq4'],
  ['secret', '$apr1$x$12YdXEY0/hH4rDNkmZupO0'],
]

for (const [password, hash] of VECTORS) {
  test(`a password of ${password.length} characters is known by ${hash.slice(0, 16)}...`, () => {
    assert.equal(verifyPassword(hash, Buffer.from(password)), true)
    assert.equal(verifyPassword(hash, Buffer.from(`${password}x`)), false)
    assert.equal(verifyPassword(hash, Buffer.from('')), false)
  })
}

test('bcrypt hashes of every letter are verified', () => {
  const hash = hashSync('pässword', 4)
  for (const letter of ['a', 'b', 'y']) {
    const spelled = `$2${letter}${hash.slice(3)}`
    assert.equal(verifyPassword(spelled, Buffer.from('pässword')), true)
    assert.equal(verifyPassword(spelled, Buffer.from('password')), false)
  }
})

test('{SHA} and {SSHA} are verified', () => {
  // printf secret | openssl sha1 -binary | base64
  assert.equal(verifyPassword('{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=', Buffer.from('secret')), true)
  assert.equal(verifyPassword('{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=', Buffer.from('Secret')), false)
  // (printf secretsalt | openssl sha1 -binary; printf salt) | base64
  const salted = '{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0'
  assert.equal(verifyPassword(salted, Buffer.from('secret')), true)
  assert.equal(verifyPassword(salted, Buffer.from('secretsalt')), false)
})

test('what cannot be verified, or costs too much, is refused by name', () => {
  const states = {
    secret: /plain text/,
    abJnggxhB0yWI: /DES/,
    '': /empty/,
    '$1$abc$9jYQGu/aM0wKe8Hq3cUpQ0': /other/,
    [`$2y$31$${'a'.repeat(53)}`]: /cost 31/,
    '$6$rounds=999999999$abc$MqEcPZUYRGGcOeq7PhMpfjfu/F0HrVEI0OlZBijWvO8mSG77iNUDP5MqFceKpJTBc8iITVtNyLiNTRNCxv6oh0':
      /999999999 rounds/,
    '{MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==': /other/,
    $apr1$abc$short: /broken/,
  }
  for (const [hash, state] of Object.entries(states)) {
    const form = classifyHash(hash)
    assert.ok(form.kind === 'refused', hash)
    assert.match(form.state, state)
    assert.equal(verifyPassword(hash, Buffer.from(hash)), false)
  }
})
