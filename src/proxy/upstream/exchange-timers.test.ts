import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TimerWheel } from '../timer-wheel.ts'
import { ExchangeTimers, type TimedExchange } from './exchange-timers.ts'

function create() {
  const clock = { now: 0 }
  const wheel = new TimerWheel(10, () => clock.now)
  const pass = (ms: number): void => {
    for (const end = clock.now + ms; clock.now < end;) {
      clock.now += 10
      wheel.advance()
    }
  }
  return { wheel, pass }
}

function exchange(log: string[], name: string): TimedExchange {
  return {
    tryExpired: () => void log.push(`${name} try`),
    requestExpired: () => void log.push(`${name} request`),
    waitExpired: () => void log.push(`${name} wait`),
  }
}

test('each time has its own call', () => {
  const { wheel, pass } = create()
  const log: string[] = []
  const timers = ExchangeTimers.take(exchange(log, 'a'), wheel)
  timers.expectRequest(300)
  timers.expectTry(100)
  timers.expectConnection(200)
  pass(150)
  assert.deepEqual(log, ['a try'])
  pass(300)
  assert.deepEqual(log, ['a try', 'a wait', 'a request'])
  timers.release()
  wheel.close()
})

test('what was settled or released calls nobody, whoever has the timers then', () => {
  const { wheel, pass } = create()
  const log: string[] = []
  const first = ExchangeTimers.take(exchange(log, 'a'), wheel)
  first.expectRequest(100)
  first.expectTry(100)
  first.expectConnection(100)
  first.release()
  const second = ExchangeTimers.take(exchange(log, 'b'), wheel)
  assert.equal(second, first, 'they are used again')
  pass(300)
  assert.deepEqual(log, [])
  second.expectRequest(100)
  second.expectTry(100)
  second.expectConnection(100)
  second.requestSettled()
  second.trySettled()
  second.connectionSettled()
  pass(300)
  assert.deepEqual(log, [])
  second.expectTry(100)
  pass(150)
  assert.deepEqual(log, ['b try'])
  second.release()
  wheel.close()
})

test('timers of another wheel are not used', () => {
  const one = create()
  const two = create()
  const log: string[] = []
  const first = ExchangeTimers.take(exchange(log, 'a'), one.wheel)
  first.expectTry(50)
  first.release()
  const timers = ExchangeTimers.take(exchange(log, 'b'), two.wheel)
  timers.expectTry(50)
  one.pass(200)
  assert.deepEqual(log, [])
  two.pass(200)
  assert.deepEqual(log, ['b try'])
  timers.release()
  one.wheel.close()
  two.wheel.close()
})
