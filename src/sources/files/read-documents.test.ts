import { test } from 'node:test'
import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { readDocuments } from './read-documents.ts'

/** `line:column` of each remark with its words. */
function remarksOf(text: string, file = 'a.yaml'): string[] {
  return readDocuments(text, file).findings.map(({ code, origin }) => `${code} ${origin.line}:${origin.column}`)
}

function rawsOf(text: string, file = 'a.yaml'): unknown[] {
  return readDocuments(text, file).documents.map((document) => document.raw)
}

test('documents between --- lines are read in order, empty ones are nothing', () => {
  assert.deepEqual(rawsOf('---\na: 1\n---\n# only words\n---\n\n--- # x\nb: 2\n...\nc: 3\n'), [
    { a: 1 },
    { b: 2 },
    { c: 3 },
  ])
})

test('a mistake in the second document loses neither the first nor the third', () => {
  const text = 'a: 1\n---\nb: "open\n  still: open\n---\nc: 3\n'
  assert.deepEqual(rawsOf(text), [{ a: 1 }, { c: 3 }])
  assert.equal(readDocuments(text, 'a.yaml').isBroken, true)
  assert.equal(remarksOf(text).length, 1)
})

for (const [what, text, position, words] of [
  ['a tab', 'a:\n\tb: 1\n', '2:1', /tab is used as indentation; use spaces/],
  ['a key twice', 'a: 1\nb:\n  c: 1\n  c: 2\n', '4:3', /key "c" is written twice/],
  ['an open quote', 'a: "x\n', '2:1', /closing quote/],
  ['an open bracket', 'a: [1, 2\n', '2:1', /closing quote, bracket/],
  ['a missing space after the colon', 'a:1\nb: 2\n', '1:1', /space after it missing/],
  ['a second colon', 'a: b: c\n', '1:4', /second ": "/],
  ['a reserved character', 'a: @x\n', '1:4', /put the value in quotes/],
  ['an unknown alias', 'a: *x\n', '1:1', /alias/],
  ['a template', '{{ if .x }}\na: 1\n{{ end }}\n', '2:1', /helm template/],
] as const) {
  test(`${what} is reported where it stands, in plain words`, () => {
    const { findings, documents, isBroken } = readDocuments(text, 'a.yaml')
    assert.deepEqual(documents, [])
    assert.equal(isBroken, true)
    assert.equal(findings[0]?.code, 'YAML_SYNTAX')
    assert.equal(findings[0].origin.file, 'a.yaml')
    assert.match(findings[0].message, words)
    assert.equal(`${findings[0].origin.line}:${findings[0].origin.column}`, position)
  })
}

test('syntax remarks never quote the text, which may be secret', () => {
  const texts = ['data: "hunter2\n', 'x: hunter2: hunter2\n', '{"data": hunter2}', 'a: !hunter2 [b\n', 'a: *hunter2\n']
  for (const text of texts) {
    for (const file of ['a.yaml', 'a.json']) {
      assert.doesNotMatch(JSON.stringify(readDocuments(text, file).findings), /hunter2/, text)
    }
  }
})

test('positions are found for values, keys, list entries and paths that lead nowhere', () => {
  const text = '# words\na: 1\n---\nspec:\n  rules:\n  - host: x\n    http: {paths: [{path: /}]}\n'
  const source = readDocuments(text, 'a.yaml').documents[1]?.source
  assert.ok(source !== undefined)
  const at = (...path: (string | number)[]) => Object.values(source.locate(path)).join(':')
  assert.equal(at(), '4:1')
  assert.equal(at('spec', 'rules', 0, 'host'), '6:11')
  assert.equal(at('spec', 'rules', 0, 'http', 'paths', 0, 'path'), '7:27')
  assert.equal(at('spec', 'rules', 0, 'http', 'paths', 5, 'path'), '7:19')
  assert.equal(at('spec', 'rules'), '6:3')
  assert.equal(at('nothing', 'here'), '4:1')
  assert.deepEqual(source.locateKey(['spec', 'rules']), { line: 5, column: 3 })
  assert.deepEqual(source.locateKey(['spec', 'rules', 0, 'host']), { line: 6, column: 5 })
})

test('carriage returns do not move positions', () => {
  const { documents } = readDocuments('a: 1\r\n---\r\nb: 1\r\nc: 2\r\n', 'a.yaml')
  assert.deepEqual(documents[1]?.source.locate(['c']), { line: 4, column: 4 })
})

test('words and numbers are read as kubectl reads them: YAML 1.1, without base 60 and dates', () => {
  assert.deepEqual(rawsOf('a: yes\nb: off\nc: 010\nd: 12:30\ne: 2020-01-01\nf: 1_000\ng: ~\n80: x\n'), [
    { a: true, b: false, c: 8, d: '12:30', e: '2020-01-01', f: 1000, g: null, 80: 'x' },
  ])
})

test('the written form of a number is known', () => {
  const source = readDocuments('a: 1.10\nb: yes # x\nc: {d: 010}\n', 'a.yaml').documents[0]?.source
  assert.deepEqual(
    [source?.wordAt?.(['a']), source?.wordAt?.(['b']), source?.wordAt?.(['c', 'd'])],
    ['1.10', 'yes', '010'],
  )
})

test('anchors, aliases and merge keys work, and positions lead to the alias', () => {
  const { documents, findings } = readDocuments('a: &x {k: 1}\nb: *x\nc:\n  <<: *x\n  l: 2\n', 'a.yaml')
  assert.deepEqual(findings, [])
  assert.deepEqual(documents[0]?.raw, { a: { k: 1 }, b: { k: 1 }, c: { k: 1, l: 2 } })
  assert.deepEqual(documents[0].source.locate(['b', 'k']), { line: 2, column: 4 })
})

test('an alias bomb is refused', () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let level = 1; level < 9; level++) {
    const aliases = Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ')
    lines.push(`a${level}: &a${level} [${aliases}]`)
  }
  const { documents, findings } = readDocuments(lines.join('\n'), 'a.yaml')
  assert.deepEqual(documents, [])
  assert.match(findings[0]?.message ?? '', /aliases/)
})

test('a list that contains itself through an alias ends', () => {
  const { findings } = readDocuments('&x\nkind: List\napiVersion: v1\nitems: [*x, *x]\n', 'a.yaml')
  assert.ok(findings.every((finding) => /contains itself/.test(finding.message)))
  assert.equal(findings.length, 2)
})

test('very deep nesting is a remark, not a crash', () => {
  for (const text of ['['.repeat(5000), '- '.repeat(3000), '{a: '.repeat(3000)]) {
    assert.equal(remarksOf(text)[0]?.split(' ')[0], 'YAML_SYNTAX')
    assert.equal(remarksOf(text, 'a.json')[0]?.split(' ')[0], 'YAML_SYNTAX')
  }
})

test('millions of brackets or dashes are refused before they fill the memory', () => {
  for (const bracket of ['[', '{', '{[', '- ', '? ']) {
    const startBytes = process.memoryUsage().rss
    assert.match(readDocuments(bracket.repeat(2_000_000), 'a.yaml').findings[0]?.message ?? '', /nested too deep/)
    assert.ok(process.memoryUsage().rss - startBytes < 200_000_000)
  }
})

test('millions of entries are refused before they fill the memory', () => {
  for (const text of [`a: [${'1,'.repeat(3_000_000)}1]`, '-\n'.repeat(3_000_000)]) {
    assert.match(readDocuments(text, 'a.yaml').findings[0]?.message ?? '', /more than 2500000 lines and entries/)
  }
})

test('a file of nothing but mistakes is not read to its end', () => {
  const { findings } = readDocuments('}'.repeat(100_000), 'a.json')
  assert.ok(findings.length < 2000)
  assert.match(findings.at(-1)?.message ?? '', /more than 1000 mistakes/)
})

test('kind: List and lists of one kind hold objects with their own positions', () => {
  const text =
    'kind: List\napiVersion: v1\nitems:\n- kind: A\n  apiVersion: v1\n- kind: IngressList\n  apiVersion: x/v1\n  items:\n' +
    '  - metadata: {name: b}\n'
  const { documents, findings } = readDocuments(text, 'a.yaml')
  assert.deepEqual(findings, [])
  assert.deepEqual(
    documents.map((document) => document.raw),
    [
      { kind: 'A', apiVersion: 'v1' },
      { kind: 'Ingress', apiVersion: 'x/v1', metadata: { name: 'b' } },
    ],
  )
  assert.deepEqual(documents[1]?.source.locate(['metadata', 'name']), { line: 9, column: 22 })
})

test('items written as a map is LIST_EXPECTED and read as one item', () => {
  const text = 'kind: List\napiVersion: v1\nitems:\n  kind: A\n  apiVersion: v1\n'
  assert.deepEqual(remarksOf(text), ['LIST_EXPECTED 4:3'])
  assert.deepEqual(rawsOf(text), [{ kind: 'A', apiVersion: 'v1' }])
})

test('a list at the top is remarked on and its entries are read', () => {
  assert.deepEqual(rawsOf('[{"a": 1}, {"b": 2}]', 'a.json'), [{ a: 1 }, { b: 2 }])
  assert.deepEqual(remarksOf('[{"a": 1}]', 'a.json'), ['DOCUMENT_NOT_OBJECT 1:1'])
})

test('several JSON values in one file, with tabs, are objects with positions', () => {
  const { documents, findings } = readDocuments('{\n\t"a": "}\\"{"\n}\n{"b":\t[2]}{"c":3}', 'a.json')
  assert.deepEqual(findings, [])
  assert.deepEqual(
    documents.map((document) => document.raw),
    [{ a: '}"{' }, { b: [2] }, { c: 3 }],
  )
  assert.deepEqual(documents[0]?.source.locate(['a']), { line: 2, column: 7 })
  assert.deepEqual(documents[2]?.source.locateKey(['c']), { line: 4, column: 12 })
})

test('a bad JSON value loses only itself and is located', () => {
  const text = '{"a":1}\n{"b":,}\n{"c":3}'
  assert.deepEqual(rawsOf(text, 'a.json'), [{ a: 1 }, { c: 3 }])
  assert.deepEqual(remarksOf(text, 'a.json'), ['YAML_SYNTAX 2:6'])
  assert.deepEqual(remarksOf('{"a": [1', 'a.json'), ['YAML_SYNTAX 1:8'])
  assert.deepEqual(remarksOf('{"a":1,"a":2}', 'a.json'), ['YAML_SYNTAX 1:8'])
})

test('JSON on standard input is read as JSON, a YAML flow map as YAML', () => {
  assert.deepEqual(rawsOf('{"a":1}\n{"b":2}', '<stdin>'), [{ a: 1 }, { b: 2 }])
  assert.deepEqual(rawsOf('{a: 1}', '<stdin>'), [{ a: 1 }])
})

test('directives belong to the document that follows them', () => {
  assert.deepEqual(rawsOf('%YAML 1.1\n---\na: yes\n...\n%YAML 1.2\n---\nb: 1\n'), [{ a: true }, { b: 1 }])
})

test('a document of any text is read without throwing, at positions inside the text', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '---\n',
      '...\n',
      '- ',
      ': ',
      '\n',
      '  ',
      '\t',
      '{',
      '}',
      '[',
      ']',
      '"',
      "'",
      '&a ',
      '*a',
      '!x ',
      '|\n',
    ),
    fc.constantFrom(
      'kind: List\n',
      'items:\n',
      '%YAML 1.1\n',
      '#',
      '<<',
      '? ',
      ',',
      '\r\n',
      '\u{feff}',
      '\0',
      'a',
      '0x1',
    ),
    fc.string({ unit: 'binary', maxLength: 4 }),
  )
  const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(text, fc.constantFrom('a.yaml', 'a.json'), (content, file) => {
      const { documents, findings, isBroken } = readDocuments(content, file)
      assert.ok(!isBroken || findings.length > 0)
      const lineCount = content.split('\n').length
      const lines = [
        ...findings.map((finding) => finding.origin.line ?? 0),
        ...documents.map((document) => document.source.locate(['items', 0, 'a']).line),
      ]
      for (const line of lines) assert.ok(line >= 1 && line <= lineCount)
    }),
    { numRuns: 3000 },
  )
})

test('any JSON value comes back as it was, from JSON and through YAML', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { minKeys: 1 }), (value) => {
      const text = JSON.stringify(value)
      if (text.includes('"kind"')) return
      assert.deepEqual(rawsOf(text, 'a.json'), [JSON.parse(text)])
    }),
    { numRuns: 500 },
  )
})
