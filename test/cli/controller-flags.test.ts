/** The flags of a controller among the manifests mean the same to every command. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { run } from '../../src/cli/main.ts'

const FOLDER = join(import.meta.dirname, '../golden/ingress')
const SERVED = ['by-annotation.example', 'by-controller.example', 'class-less.example', 'without-object.example']
const LEFT_OUT = ['Ingress shop/other-annotation', 'Ingress shop/other-controller']

async function genkan(...args: readonly string[]): Promise<unknown> {
  const out: string[] = []
  await run(args, {
    stdout: { write: (text) => void out.push(text), isTTY: false, columns: 80 },
    stderr: { write: () => {}, isTTY: false },
    env: {},
  })
  return JSON.parse(out.join(''))
}

const CLASSES = join(FOLDER, 'controller-class.in.yaml')

test('routes has the hosts that the controller serves, and no others', async () => {
  const rows = (await genkan('routes', CLASSES, '--format', 'json')) as { host: string }[]
  assert.deepEqual([...new Set(rows.map(({ host }) => host))].sort(), SERVED)
})

test('explain answers 404 for a host that the controller leaves out', async () => {
  const explain = async (host: string): Promise<unknown> => {
    const { outcome } = (await genkan('explain', CLASSES, '--url', `http://${host}/`, '--format', 'json')) as {
      outcome: { status?: number }
    }
    return outcome.status
  }
  assert.equal(await explain('other-controller.example'), 404)
  // Known, and without pods in the manifests.
  assert.equal(await explain('by-controller.example'), 503)
})

test('lint says which Ingresses the controller leaves out', async () => {
  const { findings } = (await genkan('lint', CLASSES, '--format', 'json')) as {
    findings: { code: string; origin: { object: string } }[]
  }
  const unserved = findings.filter(({ code }) => code === 'INGRESS_CLASS_UNSERVED').map(({ origin }) => origin.object)
  assert.deepEqual([...new Set(unserved)].sort(), LEFT_OUT)
})

test('migrate leaves them alone', async () => {
  const { objects, untouched } = (await genkan(
    'migrate',
    CLASSES,
    '--from',
    'ingress-nginx',
    '--report',
    '--format',
    'json',
  )) as {
    objects: { object: string; kind: string }[]
    untouched: { object: string }[]
  }
  assert.equal(objects.filter(({ kind }) => kind === 'Ingress').length, SERVED.length)
  assert.deepEqual(untouched.map(({ object }) => object).sort(), LEFT_OUT)
})

test('--class on the command line wins over the controller’s classes', async () => {
  const rows = (await genkan('routes', CLASSES, '--class', 'public', '--format', 'json')) as { host: string }[]
  assert.deepEqual([...new Set(rows.map(({ host }) => host))], ['other-controller.example'])
})
