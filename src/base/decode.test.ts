import { test } from 'node:test'
import assert from 'node:assert/strict'
import { optionalBool, optionalInt, optionalOneOf, optionalText, requiredText } from './decode.ts'
import type { DecodeLog, ListMove, MapField } from './decode.ts'
import { closeMap, listOf, listOfMaps, listOfText, textRecord, toWrittenPath } from './decode-list.ts'

function mapOf(fields: Record<string, unknown>, hidesValues = false): MapField & { readonly log: DecodeLog } {
  const log: DecodeLog = {
    findings: [],
    moves: new Map<string, ListMove>(),
    hidesValues,
    wordAt: () => undefined,
    origin: (path) => ({ object: 'Test', path: path.join('.') }),
  }
  return { fields, path: [], log }
}

/** `CODE message` of all findings of a map. */
function remarksOf(map: MapField): string[] {
  return map.log.findings.map((finding) => `${finding.code} ${finding.message}`)
}

test('a number or boolean where text is due is reported and used in its text form', () => {
  const map = mapOf({ a: 80, b: true })
  assert.equal(optionalText(map, 'a'), '80')
  assert.equal(optionalText(map, 'b'), 'true')
  assert.deepEqual(remarksOf(map), [
    'FIELD_TYPE Cannot read a: the number 80 is written where text is due; write it in quotes: "80"',
    'FIELD_TYPE Cannot read b: the value true is written where text is due; write it in quotes: "true"',
  ])
})

test('no value appears in messages where values are hidden', () => {
  const map = mapOf({ a: 8_675_309, b: { secret: 1 }, c: 'hunter2' }, true)
  optionalText(map, 'a')
  optionalText(map, 'b')
  optionalInt(map, 'c', 0, 1)
  assert.equal(map.log.findings.length, 3)
  assert.doesNotMatch(JSON.stringify(map.log.findings), /8675309|hunter2/)
})

test('absent and null fields are both absent', () => {
  const map = mapOf({ a: null })
  assert.equal(optionalText(map, 'a'), undefined)
  assert.equal(optionalText(map, 'toString'), undefined)
  assert.deepEqual(listOfText(map, 'a'), [])
  assert.deepEqual(remarksOf(map), [])
})

test('a required text that is missing or empty is FIELD_REQUIRED', () => {
  const map = mapOf({ b: '' })
  assert.equal(requiredText(map, 'a'), undefined)
  assert.equal(requiredText(map, 'b'), undefined)
  assert.deepEqual(
    map.log.findings.map(({ code, origin }) => `${code} ${origin.path}`),
    ['FIELD_REQUIRED a', 'FIELD_REQUIRED b'],
  )
})

test('a number in quotes is reported and used; one out of bounds is not used', () => {
  const map = mapOf({ a: '3', b: 70_000, c: 1.5, d: 'three' })
  assert.equal(optionalInt(map, 'a', 0, 10), 3)
  assert.equal(optionalInt(map, 'b', 1, 65_535), undefined)
  assert.equal(optionalInt(map, 'c', 0, 10), undefined)
  assert.equal(optionalInt(map, 'd', 0, 10), undefined)
  assert.deepEqual(
    map.log.findings.map((finding) => finding.code),
    ['FIELD_TYPE', 'FIELD_VALUE', 'FIELD_VALUE', 'FIELD_TYPE'],
  )
})

test('true in quotes is reported and used as true', () => {
  const map = mapOf({ a: 'true', b: 'perhaps', c: false })
  assert.equal(optionalBool(map, 'a'), true)
  assert.equal(optionalBool(map, 'b'), undefined)
  assert.equal(optionalBool(map, 'c'), false)
  assert.equal(map.log.findings.length, 2)
})

test('a word in the wrong case is refused with the right one', () => {
  const map = mapOf({ a: 'prefix' })
  assert.equal(optionalOneOf(map, 'a', ['Exact', 'Prefix']), undefined)
  assert.deepEqual(remarksOf(map), [
    'FIELD_VALUE Cannot read a: the text "prefix" is not one of its values; did you mean Prefix?',
  ])
})

test('a map where a list is due is read as its only entry and the message says where the dash goes', () => {
  const map = mapOf({ rules: { http: {}, host: 'a' } })
  const read = listOfMaps(map, 'rules', (entry) => entry.path)
  assert.deepEqual(read, [['rules']])
  assert.deepEqual(remarksOf(map), [
    'LIST_EXPECTED Cannot read rules: a map is written where a list is due; put "- " before "http:"',
  ])
  assert.deepEqual(toWrittenPath(map.log.moves, ['rules', 0, 'host']), ['rules', 'host'])
})

test('left-out entries do not shift the written positions of the others', () => {
  const map = mapOf({ list: [1, 'a', 2, 'b'] })
  const kept = listOf(map, 'list', (entry) => (typeof entry.value === 'string' ? entry.value : null))
  assert.deepEqual(kept, ['a', 'b'])
  assert.deepEqual(toWrittenPath(map.log.moves, ['list', 1, 'x']), ['list', 3, 'x'])
  assert.deepEqual(toWrittenPath(map.log.moves, ['other', 1]), ['other', 1])
})

test('one bare text where a list of texts is due counts as a list', () => {
  const map = mapOf({ hosts: 'a.example.com' })
  assert.deepEqual(listOfText(map, 'hosts'), ['a.example.com'])
  assert.equal(map.log.findings[0]?.code, 'LIST_EXPECTED')
})

test('a record keeps keys that JavaScript treats specially', () => {
  const fields = JSON.parse('{"labels": {"__proto__": "x", "constructor": "y", "n": null}}') as Record<string, unknown>
  const record = textRecord(mapOf(fields), 'labels')
  assert.deepEqual(Object.entries(record), [
    ['__proto__', 'x'],
    ['constructor', 'y'],
    ['n', ''],
  ])
})

test('an unknown field is named with the known one that is close, or with a hint', () => {
  const map = mapOf({ ingresClassName: 1, rules: 1, zzz: 1 })
  closeMap(map, ['ingressClassName'], { rules: 'indent it below spec:' })
  const advice = map.log.findings.map((finding) => finding.message.split('; ')[1])
  assert.deepEqual(advice, ['did you mean ingressClassName?', 'indent it below spec:', 'known here: ingressClassName'])
})
