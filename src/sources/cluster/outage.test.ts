/** An API server that is gone for an hour, by a clock of our own: what is asked of it meanwhile, and when it is back. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { ApiRequest, ApiTransport } from './api-transport.ts'
import { Reflector } from './reflector.ts'
import { SERVICES } from './resource.ts'

const HOUR_MS = 3_600_000
const REPLICAS = 20

interface World {
  isAway: boolean
  /** Milliseconds since the beginning, for each request. */
  readonly lists: number[]
  readonly watches: number[]
  readonly told: string[]
  pass(ms: number): Promise<void>
}

function follow(context: TestContext): World {
  context.mock.timers.enable({ apis: ['setTimeout', 'Date'] })
  let atMs = 0
  const world: World = {
    isAway: false,
    lists: [],
    watches: [],
    told: [],
    async pass(ms) {
      for (const endsAtMs = atMs + ms; atMs < endsAtMs; atMs += 50) {
        context.mock.timers.tick(50)
        // What the timers began goes on until it waits for the next one.
        for (let i = 0; i < 3; i++) await new Promise(setImmediate)
      }
    },
  }
  const gone = (): void => {
    if (world.isAway) throw new Error('connect ECONNREFUSED')
  }
  const breaks: (() => void)[] = []
  const transport = {
    access: { server: 'https://api.example' },
    json: async () => {
      world.lists.push(atMs)
      gone()
      return { metadata: { resourceVersion: '7' }, items: [{ metadata: { name: 'web', resourceVersion: '7' } }] }
    },
    async *lines(_call: ApiRequest, opened: () => void) {
      world.watches.push(atMs)
      gone()
      opened()
      await new Promise<void>((_resolve, reject) => breaks.push(() => reject(new Error('read ECONNRESET'))))
      yield ''
    },
  } as unknown as ApiTransport
  const reflectors = Array.from(
    { length: REPLICAS },
    (_, index) =>
      new Reflector({
        transport,
        resource: SERVICES,
        namespace: '',
        sink: {
          set: () => undefined,
          delete: (key) => void world.told.push(`${index} lost ${key}`),
          synced: () => undefined,
          failed: () => void world.told.push(`${index} failed`),
          recovered: () => void world.told.push(`${index} recovered`),
        },
      }),
  )
  for (const reflector of reflectors) reflector.start()
  Object.defineProperty(world, 'isAway', {
    get: () => isAway,
    set(value: boolean) {
      isAway = value
      if (value) for (const cut of breaks.splice(0)) cut()
    },
  })
  let isAway = false
  context.after(async () => {
    const stopped = Promise.all(reflectors.map((reflector) => reflector.stop()))
    for (const cut of breaks.splice(0)) cut()
    await stopped
  })
  return world
}

test('an hour without an API server: seldom asked, told once, and taken up with one watch each, not at the same moment', async (context) => {
  const world = follow(context)
  await world.pass(1000)
  assert.deepEqual([world.lists.length, world.watches.length], [REPLICAS, REPLICAS])
  world.watches.length = 0
  world.isAway = true
  await world.pass(HOUR_MS)
  const perReplica = world.watches.length / REPLICAS
  context.diagnostic(`${perReplica.toFixed(0)} requests of each in an hour`)
  // Six while pauses grow, then one in 15 to 30 s.
  assert.ok(perReplica > 100 && perReplica < 260, `${perReplica}`)
  assert.deepEqual(world.told.toSorted(), Array.from({ length: REPLICAS }, (_, i) => `${i} failed`).toSorted())

  world.watches.length = 0
  world.told.length = 0
  world.isAway = false
  await world.pass(60_000)
  assert.equal(world.watches.length, REPLICAS, 'one watch each')
  assert.equal(world.lists.length, REPLICAS, 'and no list since the beginning')
  assert.deepEqual(world.told.toSorted(), Array.from({ length: REPLICAS }, (_, i) => `${i} recovered`).toSorted())
  const spreadMs = Math.max(...world.watches) - Math.min(...world.watches)
  assert.ok(spreadMs > 5000, `all came back within ${spreadMs} ms`)
})
