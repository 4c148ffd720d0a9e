import { type TestContext, test } from 'node:test'
import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { describeObject, originOf } from '../../kube/meta.ts'
import { readManifests } from './read-manifests.ts'

const namespace = (name: string) => `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${name}\n`

/** A folder with these files, removed after the test. */
async function folderOf(context: TestContext, files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'genkan-read-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
  return folder
}

async function readNames(...paths: string[]): Promise<string[]> {
  return (await readManifests(paths)).objects.map((object) => object.meta.name)
}

async function codesBelow(folder: string): Promise<string[]> {
  const { findings } = await readManifests([folder])
  return findings.map((finding) => `${finding.code} ${relative(folder, finding.origin.file ?? '')}`).sort()
}

test('a folder is read with its sub-folders in the order of names, hidden and other files are not', async (context) => {
  const folder = await folderOf(context, {
    'b.yml': namespace('b'),
    'a.yaml': namespace('a1') + '---\n' + namespace('a2'),
    'a/z.json': JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'az' } }),
    'a-b.yaml': namespace('a-b'),
    '.git/x.yaml': namespace('hidden'),
    '.hidden.yaml': namespace('hidden'),
    'notes.txt': 'not a manifest',
  })
  assert.deepEqual(await readNames(folder), ['az', 'a-b', 'a1', 'a2', 'b'])
  const { objects } = await readManifests([folder])
  const orders = objects.map((object) => object.order)
  assert.deepEqual(
    orders,
    orders.toSorted((a, b) => a - b),
  )
})

test('paths are read in the order given, one file given twice once, any file name when it is given', async (context) => {
  const folder = await folderOf(context, { 'a.yaml': namespace('a'), 'b.txt': namespace('b') })
  const paths = [join(folder, 'b.txt'), join(folder, 'a.yaml'), folder]
  assert.deepEqual(await readNames(...paths), ['b', 'a'])
})

test('standard input is read for -, and named so in origins', async () => {
  const { objects, files } = await readManifests(['-'], readable(namespace('in')))
  assert.ok(objects[0] !== undefined)
  assert.deepEqual(originOf(objects[0], 'metadata', 'name'), {
    object: 'Namespace in',
    path: 'metadata.name',
    file: '<stdin>',
    line: 4,
    column: 9,
  })
  assert.deepEqual(files, [{ path: '<stdin>', text: namespace('in') }])
})

test('empty standard input is a warning: the command before the pipe may have failed', async () => {
  const { findings } = await readManifests(['-'], readable('\n'))
  assert.deepEqual(
    findings.map(({ code, severity }) => [code, severity]),
    [['FILE_UNREADABLE', 'warning']],
  )
  assert.match(findings[0]?.message ?? '', /standard input: it is empty; check the command before the pipe$/)
})

test('what cannot be read is a finding each, and the good objects beside it are read', async (context) => {
  const folder = await folderOf(context, {
    'big.yaml': Buffer.alloc(20_000_000, 'a'),
    'binary.yaml': Buffer.from([0x61, 0, 1, 2, 3]),
    'latin.yaml': Buffer.from([0x61, 0x3a, 0x20, 0xe9]),
    'utf16.yaml': Buffer.from('\u{feff}a: 1', 'utf16le'),
    'broken.yaml': 'a: "open',
    'good.yaml': namespace('good'),
  })
  await symlink('nowhere.yaml', join(folder, 'dangling.yaml'))
  await symlink('.', join(folder, 'loop'))
  assert.deepEqual(await readNames(folder), ['good'])
  assert.deepEqual(await codesBelow(folder), [
    'FILE_LOOP loop',
    'FILE_NOT_TEXT binary.yaml',
    'FILE_NOT_TEXT latin.yaml',
    'FILE_NOT_TEXT utf16.yaml',
    'FILE_TOO_LARGE big.yaml',
    'FILE_UNREADABLE dangling.yaml',
    'YAML_SYNTAX broken.yaml',
  ])
})

test('UTF-16 text is told to be saved as UTF-8 and a byte order mark of UTF-8 is no matter', async (context) => {
  const folder = await folderOf(context, {
    'a.yaml': Buffer.from(namespace('a'), 'utf16le'),
    'b.yaml': `\u{feff}${namespace('b')}`,
  })
  const { objects, findings } = await readManifests([folder])
  assert.deepEqual(objects.map(describeObject), ['Namespace b'])
  assert.match(findings[0]?.message ?? '', /UTF-16 text; save it as UTF-8/)
  assert.equal(findings.length, 1)
})

test('a path that does not exist is an error that says so', async (context) => {
  const folder = await folderOf(context, {})
  const { findings } = await readManifests([join(folder, 'no.yaml')])
  assert.equal(findings[0]?.code, 'FILE_UNREADABLE')
  assert.equal(findings[0].severity, 'error')
  assert.match(findings[0].message, /does not exist; check the spelling/)
})

test('a folder without manifests is a warning', async (context) => {
  const { findings } = await readManifests([await folderOf(context, { 'a.txt': '' })])
  assert.deepEqual(
    findings.map(({ code, severity }) => [code, severity]),
    [['FILE_UNREADABLE', 'warning']],
  )
})

test('a folder that links to itself from below is entered once, at its real place', async (context) => {
  const folder = await folderOf(context, { 'z/a.yaml': namespace('a') })
  await symlink('z', join(folder, 'b'))
  await symlink('..', join(folder, 'z', 'up'))
  const { objects, findings } = await readManifests([folder])
  assert.deepEqual(
    objects.map((object) => relative(folder, object.source?.file ?? '')),
    ['z/a.yaml'],
  )
  assert.deepEqual(
    findings.map((finding) => finding.code),
    ['FILE_LOOP', 'FILE_LOOP'],
  )
})

test('an object written twice is used as the later file has it, with a warning there', async (context) => {
  const service = (port: number) =>
    `apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: ${port}}]}\n`
  const folder = await folderOf(context, { 'a.yaml': service(1), 'b.yaml': service(2) })
  const { objects, findings } = await readManifests([folder])
  assert.equal(objects.length, 1)
  assert.ok(objects[0]?.kind === 'Service')
  assert.equal(objects[0].spec.ports[0]?.port, 2)
  assert.deepEqual(
    findings.map(({ code, origin }) => `${code} ${relative(folder, origin.file ?? '')}:${origin.line}`),
    ['OBJECT_DUPLICATE b.yaml:3'],
  )
  assert.match(findings[0]?.message ?? '', /a\.yaml, line 3/)
})

test('objects of other kinds are counted', async (context) => {
  const folder = await folderOf(context, { 'a.yaml': 'apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\n' })
  assert.equal((await readManifests([folder])).keptAside, 1)
})

test('origins stay right where a list entry before was left out', async (context) => {
  const folder = await folderOf(context, {
    'a.yaml':
      'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec:\n  rules:\n' +
      '  - host: 10.0.0.1\n  - host: b.example.com\n',
  })
  const { objects } = await readManifests([folder])
  assert.ok(objects[0] !== undefined)
  const { path, line } = originOf(objects[0], 'spec', 'rules', 0, 'host')
  assert.deepEqual([path, line], ['spec.rules[1].host', 7])
})

test('a file that may not be read is a finding with what to do', async (context) => {
  const folder = await folderOf(context, { 'a.yaml': namespace('a'), 'b.yaml': namespace('b') })
  await chmod(join(folder, 'a.yaml'), 0)
  const { objects, findings } = await readManifests([folder])
  // The super-user may read everything; for anybody else the other file remains.
  const isSuperUser = process.getuid?.() === 0
  assert.equal(objects.length, isSuperUser ? 2 : 1)
  assert.equal(findings.length, isSuperUser ? 0 : 1)
  if (!isSuperUser) assert.match(findings[0]?.message ?? '', /permission is denied/)
})

async function* readable(text: string): AsyncIterable<Buffer> {
  // In small pieces, as a pipe may deliver them.
  for (const byte of Buffer.from(text)) yield Buffer.from([byte])
}
