/**
 * Golden cases of `genkan migrate --from ingress-nginx --report`: `NAME.in.yaml` gives `NAME.out.txt`, `.json` and `.html`.
 * `npm run golden` rewrites the outputs; read the difference before you commit it.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { run } from '../../src/cli/main.ts'

const FOLDER = join(import.meta.dirname, 'migrate')
// Places begin with the path that is given, and lines are as long as these make them.
process.chdir(FOLDER)

const FORMATS = { text: 'txt', json: 'json', html: 'html' } as const

async function report(input: string, format: string): Promise<{ readonly code: number; readonly text: string }> {
  const written: string[] = []
  const stream = { write: (text: string) => void written.push(text), isTTY: false, columns: 100 }
  const errors: string[] = []
  const stderr = { write: (text: string) => void errors.push(text), isTTY: false }
  const args = ['migrate', input, '--from', 'ingress-nginx', '--report', '--format', format]
  const code = await run(args, { stdout: stream, stderr, env: {} })
  assert.deepEqual(errors, [])
  return { code, text: written.join('') }
}

for (const file of globSync('*.in.yaml', { cwd: FOLDER }).sort()) {
  for (const [format, extension] of Object.entries(FORMATS)) {
    const name = basename(file, '.in.yaml')
    test(`migration report ${name.replaceAll('-', ' ')} as ${format}`, async () => {
      const golden = join(FOLDER, `${name}.out.${extension}`)
      const { code, text } = await report(file, format)
      if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, text)
      assert.equal(text, readFileSync(golden, 'utf8'))
      const { verdicts } = JSON.parse((await report(file, 'json')).text).summary
      assert.equal(code, verdicts.edit + verdicts.blocked > 0 ? 1 : 0)
    })
  }
}

test('no manifest of the golden cases makes a report fail, and every served Ingress is in it or not touched', async () => {
  const files = globSync('ingress/*.in.yaml', { cwd: import.meta.dirname }).sort()
  assert.ok(files.length > 60)
  for (const file of files) {
    const path = join(import.meta.dirname, file)
    const { text } = await report(path, 'json')
    const { objects, untouched } = JSON.parse(text) as Record<'objects' | 'untouched', { object: string }[]>
    const told = [...objects, ...untouched].map(({ object }) => object)
    assert.deepEqual([...new Set(told)], told, `${file}: an object twice`)
    for (const format of ['text', 'html']) {
      const page = await report(path, format)
      assert.ok(page.text.length > 500, file)
      assert.doesNotMatch(page.text, /PRIVATE KEY|undefined|\[object Object\]/, file)
      if (format === 'html') assertBalanced(page.text)
    }
  }
})

test('the page has no scripts, loads nothing, and shows what users wrote as text', async () => {
  const { text } = await report('every-kind.in.yaml', 'html')
  assert.doesNotMatch(text, /<script|javascript:|\son\w+=|<link|<img|src=|url\(|@import|https?:\/\/(?!www\.w3)/i)
  assert.match(text, /&lt;shop&gt;/)
  assert.doesNotMatch(text, /<shop>/)
  assert.match(text, /prefers-color-scheme: dark/)
  assert.match(text, /@media print/)
  const ids = [...text.matchAll(/ id="([^"]+)"/g)].map((match) => match[1])
  const links = [...text.matchAll(/ href="#([^"]+)"/g)].map((match) => match[1])
  assert.deepEqual(links, ids, 'the contents lead to every section')
  assertBalanced(text)
})

/** Every element that is opened is closed, in order. */
function assertBalanced(html: string): void {
  const open: string[] = []
  for (const [, slash, name] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
    if (name === 'meta' || name === undefined) continue
    if (slash === '') open.push(name)
    else assert.equal(open.pop(), name)
  }
  assert.deepEqual(open, [])
}
