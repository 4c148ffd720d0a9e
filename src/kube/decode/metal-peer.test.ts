import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeObject } from './decode-object.ts'

const OLD = 'metallb.io/v1beta1'
const NEW = 'metallb.io/v1beta2'
const ZEROS = { peerPort: 0, holdTime: '0s', keepaliveTime: '0s' }

/** Which of the fields that may be zero are written. */
function writtenOf(apiVersion: string, fields: object, managedFields?: readonly object[]): readonly string[] {
  const metadata = { name: 'p', namespace: 'metallb-system', ...(managedFields === undefined ? {} : { managedFields }) }
  const spec = { myASN: 1, peerASN: 2, peerAddress: '203.0.113.1', ...fields }
  const { object, findings } = decodeObject({ apiVersion, kind: 'BGPPeer', metadata, spec }, undefined, 0)
  assert.deepEqual(findings, [])
  assert.ok(object?.kind === 'BGPPeer')
  const { spec: read } = object
  return (['peerPort', 'holdTime', 'keepaliveTime'] as const).filter((key) => read[key] !== undefined)
}

function manager(apiVersion: string, ...fields: readonly string[]): object {
  const spec = Object.fromEntries(fields.map((field) => [`f:${field}`, {}]))
  return { manager: 'kubectl', apiVersion, fieldsType: 'FieldsV1', fieldsV1: { 'f:spec': spec } }
}

test('zeros of the old version stand for what was not written', () => {
  assert.deepEqual(writtenOf(OLD, ZEROS), [])
  assert.deepEqual(writtenOf(OLD, { holdTime: '0', keepaliveTime: '0h0m0s' }), [])
  assert.deepEqual(writtenOf(OLD, { peerPort: 1179, holdTime: '90s', keepaliveTime: '10s' }), [
    'peerPort',
    'holdTime',
    'keepaliveTime',
  ])
})

test('zeros of the version of today are meant', () => {
  assert.deepEqual(writtenOf(NEW, ZEROS), ['peerPort', 'holdTime', 'keepaliveTime'])
  assert.deepEqual(writtenOf(NEW, ZEROS, []), ['peerPort', 'holdTime', 'keepaliveTime'])
})

test('served in the version of today, zeros are meant if somebody wrote them in it', () => {
  assert.deepEqual(writtenOf(NEW, ZEROS, [manager(OLD, 'peerPort', 'holdTime', 'keepaliveTime')]), [])
  assert.deepEqual(writtenOf(NEW, ZEROS, [manager(OLD, 'myASN'), manager(NEW, 'holdTime')]), ['holdTime'])
  assert.deepEqual(writtenOf(NEW, { holdTime: '90s' }, [manager(OLD, 'holdTime')]), ['holdTime'])
})

test('managers that are none change nothing', () => {
  for (const one of [null, 5, {}, { fieldsV1: 5 }, { fieldsV1: { 'f:spec': [] } }]) {
    assert.deepEqual(writtenOf(NEW, { holdTime: '0s' }, [one as object]), [])
  }
})
