import assert from 'node:assert/strict'
import { beforeEach, suite, test } from 'node:test'
import type { Finding } from '../../base/finding.ts'
import { EventRecorder } from './event-recorder.ts'

suite('findings as Events', () => {
  let said: string[]
  let recorder: EventRecorder
  beforeEach(() => {
    said = []
    recorder = new EventRecorder({
      sink: {
        say: ({ name }, { type, reason, message, isRepeat }) =>
          void said.push(`${name} ${type} ${reason} ${message}${isRepeat ? ' (repeat)' : ''}`),
      },
      find: (object) =>
        object.endsWith('/gone')
          ? null
          : { apiVersion: 'v1', kind: 'Ingress', namespace: 'a', name: object, uid: object },
    })
  })
  const finding = (object: string, message: string, severity: Finding['severity'] = 'warning'): Finding => ({
    code: 'SERVICE_NOT_FOUND',
    severity,
    message,
    origin: { object, path: '' },
  })

  test('are told when they appear, change and go, and not in between', () => {
    recorder.record([finding('x', 'no b')], true)
    recorder.record([finding('x', 'no b')], true)
    recorder.record([finding('x', 'no c')], true)
    recorder.record([], true)
    recorder.record([], true)
    assert.deepEqual(said, [
      'x Warning ServiceNotFound no b',
      'x Warning ServiceNotFound no c',
      'x Normal Resolved Nothing is wrong any more',
    ])
  })

  test('of one code and one object are one', () => {
    recorder.record([finding('x', 'no b'), finding('x', 'no c')], true)
    assert.deepEqual(said, ['x Warning ServiceNotFound no b; no c'])
  })

  test('of reports, and of objects that are gone, are not told', () => {
    recorder.record([finding('x', 'by the way', 'info'), finding('a/gone', 'no b')], true)
    assert.deepEqual(said, [])
  })

  test('are kept by a follower, which repeats them when it leads', () => {
    recorder.record([finding('x', 'no b')], false)
    assert.deepEqual(said, [])
    recorder.repeat()
    recorder.record([finding('x', 'no b')], true)
    assert.deepEqual(said, ['x Warning ServiceNotFound no b (repeat)'])
  })
})
