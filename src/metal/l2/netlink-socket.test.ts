import assert from 'node:assert/strict'
import test from 'node:test'
import type { Libc } from './libc.ts'
import { readLinks } from './netlink-socket.ts'

const DONE = 3
const NEW_LINK = 16
const MULTI = 2
/** NLM_F_DUMP_INTR. */
const INTERRUPTED = 0x10

function message(type: number, flags: number, body: Buffer): Buffer {
  const head = Buffer.alloc(16)
  head.writeUInt32LE(16 + body.length, 0)
  head.writeUInt16LE(type, 4)
  head.writeUInt16LE(flags, 6)
  return Buffer.concat([head, body])
}

function link(index: number, flags = MULTI): Buffer {
  const body = Buffer.alloc(16)
  body.writeInt32LE(index, 4)
  return message(NEW_LINK, flags, body)
}

function done(flags = MULTI): Buffer {
  return message(DONE, flags, Buffer.alloc(4))
}

/** A kernel that answers each request with the next of these lists of datagrams. */
function kernel(answers: readonly (readonly Buffer[])[]): Libc {
  const requests = [...answers]
  let waiting: Buffer[] = []
  const never = (): never => assert.fail('not to be called')
  return {
    socket: () => 3,
    bind: () => 0,
    send(_fd, _bytes, length) {
      waiting = [...(requests.shift() ?? never())]
      return length
    },
    recv: (_fd, into) => (waiting.shift() ?? never()).copy(into),
    close: () => 0,
    setsockopt: never,
    poll: never,
    ioctl: never,
    read: never,
    eventfd: never,
    clockGetTime: never,
    attachFilter: never,
    lastError: never,
  }
}

function indexesOf(answers: readonly (readonly Buffer[])[]): readonly number[] {
  return readLinks(kernel(answers)).flatMap((each) => (each.kind === 'link' ? [each.index] : []))
}

test('a list that changed while it was read is read again', () => {
  // The second interface was passed over because one before it went away in between.
  const torn = [link(1), Buffer.concat([link(3, MULTI | INTERRUPTED), done(MULTI | INTERRUPTED)])]
  assert.deepEqual(indexesOf([torn, [Buffer.concat([link(2), link(3)]), done()], [done()]]), [2, 3])
})

test('one that changes all the time is taken as it is', () => {
  const torn = [link(1), done(MULTI | INTERRUPTED)]
  assert.deepEqual(indexesOf([torn, torn, torn, [done()]]), [1])
})
