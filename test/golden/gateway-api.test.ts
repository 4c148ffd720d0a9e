/**
 * Golden cases of `genkan migrate --to gateway-api`: `NAME.in.yaml` gives the objects `NAME.out.yaml` and the findings
 * `NAME.out.txt`. `npm run golden` rewrites the outputs; read the difference before you commit it.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { run } from '../../src/cli/main.ts'

const FOLDER = join(import.meta.dirname, 'gateway-api')

interface Written {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly spec: {
    readonly listeners?: readonly { readonly name: string; readonly hostname?: string }[]
    readonly parentRefs?: readonly { readonly name: string; readonly namespace: string; readonly sectionName: string }[]
    readonly hostnames?: readonly string[]
    readonly rules?: readonly WrittenRule[]
  }
}

interface WrittenRule {
  readonly matches?: readonly { readonly path: { readonly type: string; readonly value: string } }[]
  readonly filters?: readonly { readonly type: string }[]
  readonly backendRefs?: readonly { readonly name: string; readonly port: number; readonly weight?: number }[]
}

async function migrate(file: string, format = 'text'): Promise<{ out: string; err: string; code: number }> {
  const out: string[] = []
  const err: string[] = []
  const code = await run(['migrate', file, '--to', 'gateway-api', '--format', format], {
    stdout: { write: (text) => void out.push(text), isTTY: false, columns: 100 },
    stderr: { write: (text) => void err.push(text), isTTY: false },
    env: {},
  })
  const readable = (parts: readonly string[]): string => parts.join('').replaceAll(`${FOLDER}/`, '')
  return { out: readable(out), err: readable(err), code }
}

function compareWithGolden(file: string, text: string): void {
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text)
  assert.equal(text, readFileSync(file, 'utf8'))
}

for (const input of globSync('*.in.yaml', { cwd: FOLDER }).sort()) {
  const name = basename(input, '.in.yaml')
  test(`Gateway API ${name.replaceAll('-', ' ')}`, async () => {
    const { out, err, code } = await migrate(join(FOLDER, input))
    compareWithGolden(join(FOLDER, `${name}.out.yaml`), out)
    compareWithGolden(join(FOLDER, `${name}.out.txt`), err)
    assert.equal(code, /^error /m.test(err) ? 1 : 0)
    checkObjects(parseAllDocuments(out).map((document) => document.toJS() as Written))
  })
}

test('whatever the golden manifests say, the objects are within the limits of the API and refer to each other', async () => {
  const files = globSync('ingress/*.in.yaml', { cwd: import.meta.dirname }).sort()
  assert.ok(files.length > 60)
  for (const file of files) {
    const { out } = await migrate(join(import.meta.dirname, file), 'json')
    assert.doesNotMatch(out, /PRIVATE KEY/, file)
    checkObjects((JSON.parse(out) as { objects: Written[] }).objects)
  }
})

function checkObjects(objects: readonly Written[]): void {
  const keys = objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`)
  assert.deepEqual([...new Set(keys)], keys, 'a name twice')
  const listeners = new Set<string>()
  for (const { metadata, spec } of objects) {
    assert.match(metadata.name, /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/)
    for (const { name } of spec.listeners ?? []) {
      const key = `${metadata.namespace}/${metadata.name}/${name}`
      assert.ok(!listeners.has(key), `listener ${key} twice`)
      listeners.add(key)
    }
    assert.ok((spec.listeners?.length ?? 0) <= 64)
  }
  for (const { kind, metadata, spec } of objects) {
    if (kind !== 'HTTPRoute') continue
    for (const parent of spec.parentRefs ?? []) {
      assert.ok(listeners.has(`${parent.namespace}/${parent.name}/${parent.sectionName}`), metadata.name)
    }
    assert.ok((spec.rules?.length ?? 0) >= 1 && (spec.rules?.length ?? 0) <= 16, metadata.name)
    for (const rule of spec.rules ?? []) checkRule(rule)
  }
}

function checkRule({ matches = [], filters = [], backendRefs = [] }: WrittenRule): void {
  for (const { path } of matches) {
    if (path.type !== 'RegularExpression') assert.match(path.value, /^\/(?:[-\w/.~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})*$/)
  }
  const types = filters.map(({ type }) => type)
  assert.deepEqual([...new Set(types)], types, 'a filter twice')
  assert.ok(!types.includes('RequestRedirect') || (!types.includes('URLRewrite') && backendRefs.length === 0))
  for (const { port, weight = 1 } of backendRefs) {
    assert.ok(Number.isInteger(port) && port > 0)
    assert.ok(weight >= 0 && weight <= 1_000_000)
  }
}
