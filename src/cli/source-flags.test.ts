import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import { run } from './main.ts'

async function genkan(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let out = ''
  let err = ''
  const code = await run(args, {
    stdout: { write: (text) => (out += text), isTTY: false, columns: 100 },
    stderr: { write: (text) => (err += text), isTTY: false },
    env: {},
  })
  return { code, out, err }
}

const EXAMPLE = 'examples/quickstart'
const COMMANDS = [['lint'], ['routes'], ['explain', '--url', 'http://a.example/'], ['migrate', '--to', 'gateway-api']]

for (const command of COMMANDS) {
  test(`${command[0]} wants files or a cluster, and not both`, async () => {
    const neither = await genkan(...command)
    assert.equal(neither.code, 2)
    assert.match(neither.err, /^Cannot .*: nothing to read is given; give a PATH .*, or a cluster with --cluster/)
    for (const flags of [['--cluster'], ['--kubeconfig', 'none.yaml'], ['--context', 'prod']]) {
      const both = await genkan(...command, EXAMPLE, ...flags)
      assert.equal(both.code, 2)
      assert.match(both.err, /^Cannot .*: both examples\/quickstart and a cluster are given; .*not both\n$/)
    }
    const limited = await genkan(...command, EXAMPLE, '--namespace', 'shop')
    assert.equal(limited.code, 2)
    assert.match(limited.err, /^Cannot use --namespace: it limits what is read from a cluster/)
  })

  test(`${command[0]} shows a cluster among the examples of its help`, async () => {
    const { out } = await genkan(command[0] ?? '', '--help')
    assert.match(out, /Examples:[^]*(--cluster|--context)/)
  })
}

test('a kubeconfig that is not there, or lacks the context, is wrong usage', async () => {
  using folder = createTemporaryFolder()
  const missing = await genkan('lint', '--kubeconfig', folder.file('none'))
  assert.equal(missing.code, 2)
  assert.match(missing.err, /^Cannot read a kubeconfig: .*; name one with --kubeconfig\n$/)
  const file = folder.file('config')
  const context = (name: string): object => ({ name, context: { cluster: 'c', user: '' } })
  writeFileSync(file, JSON.stringify({ clusters: [], contexts: [context('blue'), context('green')] }))
  const unknown = await genkan('lint', '--kubeconfig', file, '--context', 'gren')
  assert.equal(unknown.code, 2)
  assert.match(unknown.err, /no context "gren".*blue, green/)
})

test('a running genkan is asked without a cluster', async () => {
  const { code, err } = await genkan(
    'explain',
    '--cluster',
    '--live',
    'http://127.0.0.1:1',
    '--url',
    'http://a.example/',
  )
  assert.equal(code, 2)
  assert.match(err, /give either a cluster or --live, not both/)
})

test('dev serves files, and names the command for a cluster', async () => {
  for (const flags of [['--kubeconfig', 'x'], ['--context=x'], ['--cluster']]) {
    const { code, err } = await genkan('dev', ...flags)
    assert.equal(code, 2)
    assert.match(err, /^Cannot use --\w+: genkan dev serves files; genkan serve /)
  }
  const { out } = await genkan('dev', '--help')
  assert.doesNotMatch(out, /--kubeconfig/)
})

test('the help of serve has its own flags and those of ingress-nginx', async () => {
  const { code, out } = await genkan('serve', '--help')
  assert.equal(code, 0)
  assert.match(out, /^Usage: genkan serve \[flags\]\n/)
  for (const flag of ['--context', '--workers', '--node-zone', '--publish-service', '--election-id'])
    assert.ok(out.includes(`${flag} `), flag)
})
