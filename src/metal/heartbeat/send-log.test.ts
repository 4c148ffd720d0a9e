import assert from 'node:assert/strict'
import test from 'node:test'
import { SendLog } from './send-log.ts'

test('whatever is sent in a second is known when its answers come', () => {
  const log = new SendLog(7n)
  const count = 5000
  const atMs = (sequence: number): number => (sequence * 1200) / count
  for (let sequence = 1; sequence <= count; sequence++) log.note(sequence, atMs(sequence))
  for (let sequence = 1; sequence <= count; sequence++) {
    const sentAtMs = log.sentAt({ boot: 7n, sequence }) ?? -Infinity
    // Never later than it was: an old echo does not look new.
    assert.ok(sentAtMs <= atMs(sequence) && sentAtMs > atMs(sequence) - 10, `${sequence}: ${sentAtMs}`)
  }
})

test('what was not sent, or long ago, or by another boot, is not known', () => {
  const log = new SendLog(7n)
  for (let sequence = 1; sequence <= 1000; sequence++) log.note(sequence, sequence * 200)
  assert.equal(log.sentAt({ boot: 7n, sequence: 1000 }), 200_000)
  assert.equal(log.sentAt({ boot: 7n, sequence: 1001 }), null)
  assert.equal(log.sentAt({ boot: 7n, sequence: 1 }), null)
  assert.equal(log.sentAt({ boot: 8n, sequence: 1000 }), null)
})
