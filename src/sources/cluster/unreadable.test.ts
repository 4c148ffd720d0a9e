/** Secrets and ConfigMaps that cannot be read for now, by a clock of our own: who waits for them, for how long, and who does not. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ApiError, type ApiRequest } from './api-transport.ts'
import { OnDemand } from './on-demand.ts'
import { CONFIG_MAPS } from './resource.ts'

/** Text = contents, a number = that status, `null` = no answer. */
type Answer = string | number | null

/** Longer than anything waits at the start. */
const START_MS = 5000

function follow(context: TestContext) {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const answers = new Map<string, Answer>()
  const asked: string[] = []
  const changed: string[] = []
  const problems: string[] = []
  let completions = 0
  const transport = {
    async json<T>({ path }: ApiRequest): Promise<T> {
      const key = path.replace(/.*namespaces\/(.*)\/configmaps/, '$1')
      asked.push(key)
      const answer = answers.get(key)
      if (typeof answer === 'number') throw new ApiError(answer, 'Fault', `GET ${path}: ${answer}`, 0)
      if (answer === null) return await new Promise<T>(() => undefined)
      const [namespace, name] = key.split('/')
      return { metadata: { name, namespace, resourceVersion: '1' }, data: { text: answer ?? 'good' } } as T
    },
  }
  const events = {
    changed: (key: string) => changed.push(key),
    complete: () => completions++,
    problem: (message: string) => problems.push(message),
  }
  const stopped = new AbortController()
  context.after(() => stopped.abort())
  const maps = new OnDemand(CONFIG_MAPS, transport, events, stopped.signal)
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
  }
  return {
    maps,
    answers,
    asked,
    changed,
    problems,
    settle,
    get completions() {
      return completions
    },
    exists(...keys: string[]) {
      for (const key of keys) {
        const [namespace = '', name = ''] = key.split('/')
        maps.set(key, { metadata: { name, namespace, resourceVersion: String(++version) } })
      }
    },
    textOf(key: string) {
      const object = maps.store.get(key)
      return object?.kind === 'ConfigMap' ? object.data['text'] : undefined
    },
    async pass(ms: number) {
      for (let at = 0; at < ms; at += 50) {
        context.mock.timers.tick(50)
        await settle()
      }
    },
  }
}

let version = 0

test('at the start what cannot be read is waited for, for a bounded time, and read when it can be', async (context) => {
  const world = follow(context)
  const wanted = new Set(['a/good', 'a/refused'])
  world.answers.set('a/refused', 403)
  world.exists(...wanted)
  assert.equal(world.maps.want(wanted), false)
  const settled = world.maps.settled()
  await world.pass(1000)
  assert.equal(world.maps.want(wanted), false)
  assert.equal(world.completions, 0)
  await world.pass(START_MS - 1000)
  await settled
  assert.equal(world.completions, 1)
  assert.equal(world.maps.want(wanted), true)
  assert.match(world.maps.whyUnread('a/refused') ?? '', /configmaps\/refused: 403/)
  assert.equal(world.maps.whyUnread('a/good'), null)
  assert.equal(world.problems.length, 1, 'once')
  world.answers.set('a/refused', 'now')
  await world.pass(10_000)
  assert.equal(world.textOf('a/refused'), 'now')
  assert.equal(world.maps.whyUnread('a/refused'), null)
  assert.deepEqual(world.changed, ['a/good', 'a/refused'])
})

test('a fault that passes at the start costs nobody what it asked for', async (context) => {
  const world = follow(context)
  const wanted = new Set(['a/late'])
  world.answers.set('a/late', 500)
  world.exists('a/late')
  assert.equal(world.maps.want(wanted), false)
  await world.pass(500)
  world.answers.set('a/late', 'here')
  await world.pass(1000)
  assert.equal(world.completions, 1)
  assert.equal(world.textOf('a/late'), 'here')
})

test('later it holds nobody up, is tried again with pauses, and what was read before stays', async (context) => {
  const world = follow(context)
  world.exists('a/old')
  world.maps.want(new Set(['a/old']))
  await world.pass(START_MS)
  world.answers.set('a/old', 500)
  world.answers.set('a/new', 503)
  world.exists('a/old', 'a/new')
  const wanted = new Set(['a/old', 'a/new'])
  assert.equal(world.maps.want(wanted), false)
  const before = world.completions
  await world.settle()
  assert.equal(world.completions, before + 1, 'without any time that passed')
  assert.equal(world.maps.want(wanted), true)
  assert.equal(world.textOf('a/old'), 'good')
  assert.equal(world.maps.whyUnread('a/old'), null)
  assert.match(world.maps.whyUnread('a/new') ?? '', /503/)
  world.asked.length = 0
  for (let look = 0; look < 100; look++) world.maps.want(wanted)
  await world.settle()
  assert.deepEqual(world.asked, [], 'looks do not hasten it')
  await world.pass(60_000)
  assert.ok(world.asked.length >= 8 && world.asked.length < 50, `${world.asked.length} tries`)
  world.answers.set('a/new', 'b').set('a/old', 'c')
  await world.pass(10_000)
  assert.deepEqual([world.textOf('a/old'), world.textOf('a/new')], ['c', 'b'])
})

test('one that is not answered holds others up once, for a short time', async (context) => {
  const world = follow(context)
  world.maps.want(new Set())
  await world.pass(START_MS)
  world.answers.set('a/silent', null)
  const wanted = new Set(['a/silent'])
  world.exists('a/silent')
  assert.equal(world.maps.want(wanted), false)
  await world.pass(2500)
  assert.equal(world.completions, 1)
  assert.equal(world.maps.want(wanted), true)
  assert.match(world.maps.whyUnread('a/silent') ?? '', /no answer/)
  world.exists('a/silent')
  assert.equal(world.maps.want(wanted), true)
})

for (const [what, answer] of [
  ['refused', 403],
  ['not answered', null],
] as const) {
  test(
    `hundreds that are ${what} hold nobody up, and are not asked for all at a time`,
    { timeout: 60_000 },
    async (context) => {
      const world = follow(context)
      const bad = Array.from({ length: 300 }, (_, index) => `a/bad-${index}`)
      for (const key of bad) world.answers.set(key, answer)
      world.exists(...bad)
      world.maps.want(new Set(bad))
      await world.pass(START_MS)
      assert.equal(world.maps.want(new Set(bad)), true)
      assert.ok(bad.every((key) => world.maps.whyUnread(key) !== null))
      if (answer === null) return assert.equal(world.asked.length, 32)
      world.exists('a/good')
      world.maps.want(new Set([...bad, 'a/good']))
      await world.settle()
      assert.equal(world.textOf('a/good'), 'good')
    },
  )
}

test('one that goes, or that nobody wants any more, is not asked for again', async (context) => {
  const world = follow(context)
  const keys = ['a/gone', 'a/unwanted']
  for (const key of keys) world.answers.set(key, 500)
  world.exists(...keys)
  world.maps.want(new Set(keys))
  await world.pass(START_MS)
  const before = world.completions
  world.maps.delete('a/gone')
  assert.equal(world.completions, before + 1, 'why it is not here is another reason now')
  world.maps.want(new Set(['a/gone']))
  world.asked.length = 0
  await world.pass(30_000)
  assert.deepEqual(world.asked, [])
})
