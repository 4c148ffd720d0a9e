#!/usr/bin/env node
// The program is TypeScript and runs as it is on Node 24. A machine with an older Node still has the pinned one in
// node_modules, put there by npm: then this file starts that one and passes signals and the exit code through.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module from 'node:module'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

// The young generation, which V8 takes at start only, so that the process starts itself once more in its own place:
// `dev` may serve from this process. 16 MiB instead of 1: fewer scavenges, 5 % less CPU for each request (`npm run bench`).
// `serve` keeps a cluster here and serves from others. At most 16 MiB instead of 64: in a cluster with 10,000 Ingresses
// the difference is 100 MB and no time (benchmarks/results/2026-11-21-memory.md).
const YOUNG_GENERATION = { dev: '--min-semi-space-size=16', serve: '--max-semi-space-size=16' }[process.argv[2]]

if (Number(process.versions.node.split('.')[0]) >= 24) {
  if (
    YOUNG_GENERATION !== undefined &&
    process.execve !== undefined &&
    process.send === undefined &&
    !process.execArgv.includes(YOUNG_GENERATION)
  ) {
    const args = [process.execPath, YOUNG_GENERATION, ...process.execArgv, ...process.argv.slice(1)]
    try {
      process.execve(process.execPath, args, { ...process.env })
    } catch {
      // It only costs more then.
    }
  }
  // Compiled code is kept, which halves the time to start; in the user's own folder, because whoever can write there can
  // run code here. Where it cannot be written, nothing is kept.
  const cache = cacheFolder()
  if (cache !== null) module.enableCompileCache(join(cache, 'genkan'))
  const { main } = await import('../src/cli/main.ts')
  await main(process.argv.slice(2))
} else {
  startPinnedNode(findPinnedNode())
}

// A user that the system does not know, as in some containers, and without HOME, has no folder.
function cacheFolder() {
  if (process.env.XDG_CACHE_HOME) return process.env.XDG_CACHE_HOME
  try {
    return join(homedir(), '.cache')
  } catch {
    return null
  }
}

function findPinnedNode() {
  for (let folder = root; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', '.bin', 'node')
    if (existsSync(candidate)) return candidate
    if (folder === dirname(folder)) break
  }
  process.stderr.write(
    `Cannot start genkan: this is Node ${process.versions.node} and the pinned Node 24 is not installed; ` +
      'run `npm ci` first (it must not omit optional packages), or use Node 24 or newer\n',
  )
  process.exit(1)
}

function startPinnedNode(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'])
    process.on(signal, () => child.kill(signal))
  // npm's shell dies of a signal without passing it on; this process notices by its new parent.
  const parent = process.ppid
  if (process.env.npm_execpath !== undefined) {
    setInterval(() => process.ppid === parent || child.kill('SIGTERM'), 250).unref()
  }
  child.on('error', (error) => {
    process.stderr.write(`Cannot start ${node}: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
