/** The container image, without a builder of images: its text, and what it holds started as it would be. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs'
import { request } from 'node:http'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startProgram } from '../support/program.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const INSTRUCTIONS = readFileSync(join(ROOT, 'deploy/Dockerfile'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
const FINAL = INSTRUCTIONS.slice(INSTRUCTIONS.findLastIndex((line) => line.startsWith('FROM ')))

/** What follows this word in the last stage, at its only place. */
function only(word: string): string {
  const found = FINAL.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1))
  assert.equal(found.length, 1, word)
  return found[0] ?? ''
}

function get(port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, headers: { host } }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0))
    })
      .on('error', reject)
      .end()
  })
}

test('the last stage of the image runs nothing, is of user 101, and starts the program without a shell', () => {
  assert.equal(FINAL[0], 'FROM ${BASE}')
  assert.ok(INSTRUCTIONS.includes('ARG BASE=node:24-slim'))
  assert.deepEqual(
    FINAL.filter((line) => /^(RUN|ADD|SHELL|HEALTHCHECK|VOLUME) /.test(line)),
    [],
  )
  assert.equal(only('USER'), '101:101')
  assert.equal(only('STOPSIGNAL'), 'SIGTERM')
  assert.equal(only('EXPOSE'), '80 443 8443 10254')
  assert.deepEqual(JSON.parse(only('ENTRYPOINT')), ['/usr/local/bin/node', '/genkan/genkan.js'])
  assert.deepEqual(JSON.parse(only('CMD')), ['serve'])
  assert.ok(INSTRUCTIONS.some((line) => line.endsWith('setcap cap_net_bind_service=+ep /build/node')))
})

test('what the build copies from the checkout exists, and is let through to it', () => {
  const allowed = readFileSync(join(ROOT, 'deploy/Dockerfile.dockerignore'), 'utf8').trim().split('\n')
  assert.equal(allowed[0], '*')
  const copied = INSTRUCTIONS.filter((line) => /^COPY (?!--from)/.test(line)).flatMap((line) =>
    line.split(' ').slice(1, -1),
  )
  assert.deepEqual(copied.map((path) => `!${path}`).sort(), allowed.slice(1).sort())
  for (const path of copied) assert.ok(existsSync(join(ROOT, path)), path)
})

/** Lays out what the last stage copies, and the libraries that a base image has. */
function layOut(root: string): void {
  execFileSync(process.execPath, [join(ROOT, 'scripts/bundle.ts'), join(root, 'genkan')])
  const node = join(root, 'usr/local/bin/node')
  mkdirSync(dirname(node), { recursive: true })
  copyFileSync(realpathSync(process.execPath), node)
  chmodSync(node, 0o755)
  for (const [, library = ''] of execFileSync('ldd', [node], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g)) {
    mkdirSync(dirname(join(root, library)), { recursive: true })
    copyFileSync(library, join(root, library))
  }
  cpSync(join(ROOT, 'examples/quickstart'), join(root, 'quickstart'), { recursive: true })
  for (const name of ['proc', 'dev', 'tmp']) mkdirSync(join(root, name))
  chmodSync(root, 0o755)
}

test('user 101 serves the quick start from a read-only root file system with nothing else but /tmp', async () => {
  using folder = createTemporaryFolder()
  const root = folder.file('root')
  layOut(root)
  const script = `
    set -e
    mount --bind "$0" "$0"
    mount -t proc proc "$0/proc"
    mount --rbind /dev "$0/dev"
    mount -t tmpfs -o mode=1777,size=16m tmpfs "$0/tmp"
    mount -o remount,bind,ro "$0"
    if touch "$0/genkan/file" 2>/dev/null; then echo "the root file system can be written"; exit 1; fi
    exec chroot --userspec=101:101 --groups=101 "$0" "$@"`
  const isRoot = process.getuid?.() === 0
  const program = await startProgram(isRoot ? 'unshare' : 'sudo', [
    ...(isRoot ? [] : ['unshare']),
    '--mount',
    'bash',
    '-c',
    script,
    root,
    ...(JSON.parse(only('ENTRYPOINT')) as readonly string[]),
    'dev',
    '/quickstart',
    '--http-port=0',
    '--https-port=0',
    '--admin-port=0',
    '--workers=2',
    '--access-log=off',
  ])
  try {
    const ready = JSON.parse(await program.waitForLine(/^\{"event":"ready"/, 60_000)) as { readonly http: string }
    assert.equal(await get(Number(new URL(ready.http).port), 'shop.localhost'), 200)
    assert.match(readFileSync(`/proc/${program.pid}/status`, 'utf8'), /^Uid:\t101\t101\t101\t101$/m)
  } finally {
    await program.stop()
  }
  assert.deepEqual(await program.exited, { code: 0, signal: null })
})
