/**
 * What comes before a connection's protocol: PROXY protocol headers, judged by their own encoder and by every cut of
 * them, and ClientHellos, judged by OpenSSL, which must never see another server name than we do.
 */
import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { suite, test } from 'node:test'
import { connect, createServer } from 'node:tls'
import { createSelfSigned } from '../../src/base/certificate.ts'
import { LONGEST_HELLO, readServerName } from '../../src/proxy/passthrough/client-hello.ts'
import { LONGEST_HEADER } from '../../src/proxy/proxy-protocol/header-reading.ts'
import { readProxyHeader } from '../../src/proxy/proxy-protocol/read-header.ts'
import { writeBinaryHeader, writeTextHeader } from '../../src/proxy/proxy-protocol/write-header.ts'
import { createBudget } from './budget.ts'
import { formatCorpusCase, readCorpus } from './corpus.ts'
import { createRandom, type Random } from './random.ts'

const CORPUS = readCorpus('proxy-headers')
const RUNS_AT_LEAST = 200

/** Throws when a reading changes its mind as more bytes come, is not bounded, or does not survive being written again. */
function checkHeader(bytes: Buffer): 'incomplete' | 'complete' | 'refused' {
  const whole = readProxyHeader(bytes)
  let verdict: ReturnType<typeof readProxyHeader> | null = null
  for (let cut = 0; cut <= Math.min(bytes.length, LONGEST_HEADER + 1); cut++) {
    const reading = readProxyHeader(bytes.subarray(0, cut))
    if (verdict !== null) assert.deepEqual(reading.kind, verdict.kind, `changed at ${cut}`)
    else if (reading.kind !== 'incomplete') verdict = reading
  }
  if (bytes.length > LONGEST_HEADER) assert.notEqual(whole.kind, 'incomplete')
  if (whole.kind === 'complete') {
    assert.ok(whole.byteLength <= bytes.length)
    for (const again of [writeTextHeader(whole.addresses), writeBinaryHeader(whole.addresses)]) {
      const reread = readProxyHeader(again)
      assert.deepEqual(reread, { kind: 'complete', byteLength: again.length, addresses: whole.addresses })
    }
  }
  return whole.kind
}

function damage(bytes: Buffer, random: Random): Buffer {
  const damaged = Buffer.from(bytes)
  for (let i = random.int(4); i >= 0 && damaged.length > 0; i--) {
    const at = random.int(damaged.length)
    damaged[at] = random.chance(0.5) ? random.int(256) : (damaged[random.int(damaged.length)] ?? 0)
  }
  const start = random.int(damaged.length + 1)
  const insert = damaged.subarray(start, start + random.int(8))
  return random.chance(0.7) ? damaged : Buffer.concat([damaged.subarray(0, start), insert, damaged.subarray(start)])
}

suite('PROXY protocol headers', () => {
  for (const { name, bytes, expect } of CORPUS) {
    test(name, () => {
      const kind = checkHeader(bytes)
      if (expect === 'forward') assert.equal(kind, 'complete')
      if (expect === 'refuse') assert.equal(kind, 'refused')
    })
  }

  test('damaged headers', (context) => {
    const { seed, endsAtMs } = createBudget(0.02)
    const random = createRandom(seed)
    let runs = 0
    for (; runs < RUNS_AT_LEAST || performance.now() < endsAtMs; runs++) {
      const bytes = damage(random.pick(CORPUS).bytes, random)
      try {
        checkHeader(bytes)
      } catch (error) {
        assert.fail(`FUZZ_SEED=${seed}: ${String(error)}\n${formatCorpusCase('found', bytes)}`)
      }
    }
    context.diagnostic(`${runs} headers, seed ${seed}`)
  })
})

/** A wire of which the other end is this test. */
function createWire(written: (chunk: Buffer) => void): Duplex {
  return new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      written(chunk)
      done()
    },
  })
}

function captureHello(servername: string, maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<Buffer> {
  return new Promise((resolve) => {
    connect({ socket: createWire(resolve), servername, maxVersion, rejectUnauthorized: false }).on('error', () => {})
  })
}

suite('ClientHellos', () => {
  test('damaged ones never name another host than OpenSSL reads', async (context) => {
    const pair = await createSelfSigned(['a.example'])
    /** What OpenSSL read; `null` until it got so far. */
    let seen: string | null = null
    const server = createServer({
      cert: pair.certPem,
      key: pair.keyPem,
      SNICallback: (name, done) => {
        seen = name
        done(null, undefined)
      },
    })
    server.on('tlsClientError', () => undefined)
    const hellos = await Promise.all([captureHello('shop.example.com', 'TLSv1.3'), captureHello('b.test', 'TLSv1.2')])
    const { seed, endsAtMs } = createBudget(0.05)
    const random = createRandom(seed)
    let runs = 0
    let named = 0
    for (; runs < RUNS_AT_LEAST || performance.now() < endsAtMs; runs++) {
      const bytes = damage(random.pick(hellos), random)
      const reading = readServerName(bytes)
      if (bytes.length >= LONGEST_HELLO) assert.equal(reading.kind, 'complete')
      seen = null
      const wire = createWire(() => undefined)
      wire.on('error', () => undefined)
      server.emit('connection', wire)
      wire.push(bytes)
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
      wire.destroy()
      const theirs = seen as string | null
      if (theirs === null || reading.kind !== 'complete' || reading.serverName === '') continue
      named++
      assert.equal(
        reading.serverName,
        theirs.toLowerCase().replace(/\.$/, ''),
        `FUZZ_SEED=${seed}: ${formatCorpusCase('found', bytes)}`,
      )
    }
    assert.ok(named > 0, 'OpenSSL never read a name: the test tests nothing')
    context.diagnostic(`${runs} ClientHellos, ${named} with a name, seed ${seed}`)
  })
})
