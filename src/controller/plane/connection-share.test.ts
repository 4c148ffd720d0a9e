import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ConnectionRelay, type RelayWorker } from './connection-relay.ts'
import { ConnectionShare, type OthersShare } from './connection-share.ts'

class Worker implements RelayWorker {
  readonly isReady = true
  readonly share = new ConnectionShare()
  open = 0

  tellShare(others: OthersShare): void {
    this.share.learn(others)
  }
}

/** Workers that hear of each other when one comes, and then only when `settle` is called. */
function createWorkers(count: number) {
  const workers = Array.from({ length: count }, () => new Worker())
  const given: Worker[] = []
  const relay = new ConnectionRelay<Worker>()
  for (const worker of workers) relay.add(worker)
  const settle = (): void => {
    for (const giver of given.splice(0)) {
      const taker = relay.takerOf(giver, giver.share.now(giver.open))
      taker.open++
      taker.share.took()
    }
    for (const worker of workers) relay.reported(worker, worker.share.report(worker.open))
    relay.tell()
  }
  return {
    workers,
    settle,
    accept: (at: number): void => {
      const worker = workers[at]!
      if (worker.share.gives(worker.open)) given.push(worker)
      else worker.open++
    },
  }
}

test('whoever the kernel gives 16 connections at once, no one of two workers keeps more than 9', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 16, maxLength: 16 }), (places) => {
      const { workers, accept, settle } = createWorkers(2)
      for (const at of places) accept(at)
      settle()
      const counts = workers.map(({ open }) => open)
      assert.equal(counts[0]! + counts[1]!, 16)
      assert.ok(Math.max(...counts) <= 9, counts.join(' and '))
    }),
  )
})

test('one after the other they are spread as evenly, over any number of workers', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 8 }), fc.array(fc.nat(), { maxLength: 100 }), (count, places) => {
      const { workers, accept, settle } = createWorkers(count)
      for (const at of places) {
        accept(at % count)
        settle()
      }
      const fair = places.length / count
      for (const { open } of workers)
        assert.ok(open <= Math.max(fair * 1.125, fair + 1) + 1, `${open} of ${places.length}`)
    }),
  )
})

test('a worker that comes counts itself before it is there, and the others know of it at once', () => {
  const relay = new ConnectionRelay<Worker>()
  const [first, second] = [new Worker(), new Worker()]
  relay.add(first)
  relay.reported(first, { open: 3, taken: 0, given: 0 })
  const told: OthersShare[] = []
  first.tellShare = (others) => told.push(others)
  assert.deepEqual(relay.othersOf(second), { open: 3, workers: 2, given: 0 })
  relay.add(second)
  assert.deepEqual(told, [{ open: 0, workers: 2, given: 0 }])
})

test('a worker whose connections come and go keeps what it gets', () => {
  const { workers, accept, settle } = createWorkers(2)
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 6; i++) accept(0)
    // Two looks tell that this is how things are.
    if (round > 1) assert.equal(workers[0]!.open, 6, `round ${round}`)
    workers[0]!.open = 0
    settle()
    workers[1]!.open = 0
  }
})

test('alone, a worker keeps everything', () => {
  const share = new ConnectionShare()
  for (let open = 0; open < 100; open++) assert.equal(share.gives(open), false)
})
