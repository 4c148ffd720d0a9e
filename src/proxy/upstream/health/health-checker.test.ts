import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { HealthCheckConfig } from '../../../routing/resilience.ts'
import { CheckSlots } from './check-slots.ts'
import { type CheckedEndpoint, HealthChecker } from './health-checker.ts'

const CONFIG: HealthCheckConfig = {
  protocol: 'http',
  path: '/healthz',
  host: '',
  port: 0,
  intervalMs: 10_000,
  timeoutMs: 2000,
  healthyThreshold: 2,
  unhealthyThreshold: 3,
  expectedStatuses: [{ from: 200, to: 399 }],
}

interface Timer {
  readonly atMs: number
  readonly callback: () => void
}

function endpoint(label: string): CheckedEndpoint {
  return { address: label, port: 80, label, isUnhealthy: false }
}

/** A checker in a world where time stands still until told to go on. */
function create(random = 0.5) {
  const faults = new Map<string, string>()
  const checked: { label: string; atMs: number }[] = []
  let timers: Timer[] = []
  let now = 0
  const checker = new HealthChecker<CheckedEndpoint>({
    slots: new CheckSlots(),
    random: () => random,
    probe: ({ label }) => {
      checked.push({ label, atMs: now })
      return Promise.resolve(faults.get(label) ?? '')
    },
    setTimer(callback, ms) {
      const timer = { atMs: now + ms, callback }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
  })
  /** Runs so many timers in their order, each with what follows from it. */
  const turn = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      timers.sort((a, b) => a.atMs - b.atMs)
      const timer = timers.shift()
      if (timer === undefined) return
      now = timer.atMs
      timer.callback()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return { checker, faults, checked, turn, timerCount: () => timers.length }
}

suite('health checks', () => {
  test('an endpoint is out after failures in a row and back after successes in a row', async () => {
    const { checker, faults, turn } = create()
    const one = endpoint('one')
    checker.configure(CONFIG)
    checker.setEndpoints([one])
    faults.set('one', 'status 500')
    await turn(2)
    faults.delete('one')
    await turn(1)
    faults.set('one', 'status 500')
    await turn(2)
    assert.equal(one.isUnhealthy, false, 'a success in between starts again at none')
    await turn(1)
    assert.equal(one.isUnhealthy, true)
    faults.delete('one')
    await turn(1)
    assert.equal(one.isUnhealthy, true)
    await turn(1)
    assert.equal(one.isUnhealthy, false)
  })

  test('the first check comes soon, the others at the interval with jitter', async () => {
    const early = create(0)
    early.checker.configure(CONFIG)
    early.checker.setEndpoints([endpoint('one')])
    await early.turn(3)
    assert.deepEqual(
      early.checked.map(({ atMs }) => atMs),
      [0, 9000, 18_000],
    )
    const late = create(0.999_999)
    late.checker.configure(CONFIG)
    late.checker.setEndpoints([endpoint('one')])
    await late.turn(2)
    assert.deepEqual(
      late.checked.map(({ atMs }) => Math.round(atMs)),
      [1000, 12_000],
    )
  })

  test('endpoints that are gone are checked no more, those that stay keep their state', async () => {
    const { checker, faults, checked, turn, timerCount } = create()
    const [one, two] = [endpoint('one'), endpoint('two')]
    checker.configure(CONFIG)
    checker.setEndpoints([one, two])
    faults.set('two', 'refused')
    await turn(6)
    assert.equal(two.isUnhealthy, true)
    checker.setEndpoints([two])
    checked.length = 0
    await turn(2)
    assert.deepEqual(new Set(checked.map(({ label }) => label)), new Set(['two']))
    assert.equal(two.isUnhealthy, true)
    checker.close()
    assert.equal(timerCount(), 0)
  })

  test('without a configuration nobody is checked and all are back', async () => {
    const { checker, faults, turn, timerCount } = create()
    const one = endpoint('one')
    checker.configure(CONFIG)
    checker.setEndpoints([one])
    faults.set('one', 'refused')
    await turn(3)
    assert.equal(one.isUnhealthy, true)
    checker.configure(undefined)
    assert.equal(one.isUnhealthy, false)
    assert.equal(timerCount(), 0)
  })

  test('an equal configuration changes nothing', async () => {
    const { checker, faults, turn } = create()
    const one = endpoint('one')
    checker.configure(CONFIG)
    checker.setEndpoints([one])
    faults.set('one', 'refused')
    await turn(3)
    checker.configure({ ...CONFIG })
    assert.equal(one.isUnhealthy, true)
  })

  test('a result that arrives after its endpoint went changes nothing', async () => {
    let answer: (fault: string) => void = () => {}
    let aborted = false
    const checker = new HealthChecker<CheckedEndpoint>({
      slots: new CheckSlots(),
      random: () => 0,
      probe: (_, _config, signal) =>
        new Promise((resolve) => {
          answer = resolve
          signal.addEventListener('abort', () => {
            aborted = true
          })
        }),
      setTimer(callback) {
        callback()
        return () => {}
      },
    })
    const one = endpoint('one')
    checker.configure({ ...CONFIG, unhealthyThreshold: 1 })
    checker.setEndpoints([one])
    checker.setEndpoints([])
    answer('refused')
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(one.isUnhealthy, false)
    assert.equal(aborted, true)
  })
})

test('no more checks run at once than there are slots, and all get their turn', async () => {
  const slots = new CheckSlots(2)
  const running: (() => void)[] = []
  let most = 0
  let active = 0
  let done = 0
  for (let i = 0; i < 5; i++) {
    slots.run(async () => {
      active++
      most = Math.max(most, active)
      await new Promise<void>((resolve) => running.push(resolve))
      active--
      done++
    })
  }
  for (let i = 0; i < 10; i++) {
    running.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.equal(most, 2)
  assert.equal(done, 5)
})
