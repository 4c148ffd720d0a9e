import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { RequestRecord } from '../request-record.ts'
import { createAccessLog, MAX_PENDING_BYTES } from './access-log.ts'
import type { LogSink } from './log-sink.ts'

const SETTINGS = { isEnabled: true, format: '$request_uri', escape: 'default' } as const

function request(target: string): RequestRecord {
  const record = new RequestRecord()
  record.target = target
  return record
}

function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'genkan-access-log-'))
  context.after(() => rmSync(folder, { recursive: true }))
  return folder
}

/** A sink that holds each chunk until the test settles it. */
function createHeldSink(): LogSink & { chunks: string[]; settle(error?: Error): void; isClosed: boolean } {
  const pending: ((error: Error | null) => void)[] = []
  const sink = {
    chunks: [] as string[],
    isClosed: false,
    write(chunk: Buffer, done: (error: Error | null) => void) {
      sink.chunks.push(chunk.toString('latin1'))
      pending.push(done)
    },
    settle(error?: Error) {
      pending.shift()?.(error ?? null)
    },
    close() {
      sink.isClosed = true
    },
  }
  return sink
}

test('lines reach the file in order, and a file that exists is appended to', async (context) => {
  const path = join(temporaryFolder(context), 'access.log')
  for (const round of ['a', 'b']) {
    const log = createAccessLog({ target: path, settings: SETTINGS })
    log.observe(request(`/${round}1`))
    await log.flush()
    log.observe(request(`/${round}2`))
    await log.close()
  }
  assert.equal(readFileSync(path, 'utf8'), '/a1\n/a2\n/b1\n/b2\n')
})

test('a line is written after the flush interval without being asked for', async (context) => {
  const { promise, resolve } = Promise.withResolvers<string>()
  const sink: LogSink = { write: (chunk) => resolve(chunk.toString('latin1')), close: () => {} }
  context.mock.timers.enable({ apis: ['setTimeout'] })
  createAccessLog({ target: sink, settings: SETTINGS }).observe(request('/a'))
  context.mock.timers.tick(1000)
  assert.equal(await promise, '/a\n')
})

test('nothing is written while logging is off', async () => {
  const sink = createHeldSink()
  const log = createAccessLog({ target: sink, settings: { ...SETTINGS, isEnabled: false } })
  log.observe(request('/a'))
  await log.close()
  assert.deepEqual(sink.chunks, [])
  assert.equal(sink.isClosed, true)
})

test('a new format holds for the requests that end after it, and its unknown variables are returned', async () => {
  const sink = createHeldSink()
  const log = createAccessLog({ target: sink, settings: SETTINGS })
  log.observe(request('/a'))
  assert.deepEqual(log.setFormat({ ...SETTINGS, format: '<$request_uri> $nonsense' }), ['nonsense'])
  log.observe(request('/b'))
  const flushed = log.flush()
  sink.settle()
  await flushed
  assert.deepEqual(sink.chunks, ['/a\n</b> -\n'])
})

test('flush waits for the lines before it and not for later ones', async () => {
  const sink = createHeldSink()
  const log = createAccessLog({ target: sink, settings: SETTINGS })
  log.observe(request('/a'))
  const flushed = log.flush()
  log.observe(request('/b'))
  sink.settle()
  await flushed
  assert.equal(sink.chunks[0], '/a\n')
})

test('a stalled sink costs bounded memory: further lines are dropped, counted, and reported once', async () => {
  const sink = createHeldSink()
  const problems: string[] = []
  const log = createAccessLog({ target: sink, settings: SETTINGS, onProblem: (message) => problems.push(message) })
  const line = request(`/${'x'.repeat(65_534)}`)
  const fits = MAX_PENDING_BYTES / 65_536
  for (let i = 0; i < fits + 3; i++) log.observe(line)
  assert.equal(log.droppedLines(), 3)
  assert.equal(problems.length, 1)
  sink.settle()
  log.observe(request('/after'))
  assert.equal(log.droppedLines(), 3)
  const flushed = log.flush()
  for (let i = 0; i < fits + 1; i++) sink.settle()
  await flushed
  assert.equal(sink.chunks.join('').split('\n').length - 1, fits + 1)
})

test('lines of a failed write are counted as dropped, and the next ones are tried again', async () => {
  const sink = createHeldSink()
  const problems: string[] = []
  const log = createAccessLog({ target: sink, settings: SETTINGS, onProblem: (message) => problems.push(message) })
  log.observe(request('/a'))
  log.observe(request('/b'))
  const failed = log.flush()
  sink.settle(new Error('no space left on device'))
  await failed
  log.observe(request('/c'))
  const written = log.flush()
  sink.settle()
  await written
  assert.equal(log.droppedLines(), 2)
  assert.deepEqual(problems, [
    'Cannot write access log: no space left on device; lines are dropped until writing works again',
  ])
  assert.equal(sink.chunks[1], '/c\n')
})

test('reopen goes on in a new file after the old one was moved', async (context) => {
  const folder = temporaryFolder(context)
  const path = join(folder, 'access.log')
  const log = createAccessLog({ target: path, settings: SETTINGS })
  log.observe(request('/old'))
  const flushed = log.flush()
  renameSync(path, join(folder, 'access.log.1'))
  log.reopen()
  await flushed
  log.observe(request('/new'))
  await log.close()
  assert.equal(readFileSync(join(folder, 'access.log.1'), 'utf8'), '/old\n')
  assert.equal(readFileSync(path, 'utf8'), '/new\n')
})

test('a path that cannot be opened is an error that says what to give', (context) => {
  const path = join(temporaryFolder(context), 'absent', 'access.log')
  assert.throws(() => createAccessLog({ target: path, settings: SETTINGS }), /Cannot open access log .*absent.*give a/)
})

test('reopening a path that is gone keeps the old file and reports', async (context) => {
  const folder = temporaryFolder(context)
  const path = join(folder, 'access.log')
  const problems: string[] = []
  const log = createAccessLog({ target: path, settings: SETTINGS, onProblem: (message) => problems.push(message) })
  renameSync(folder, `${folder}.moved`)
  log.reopen()
  log.observe(request('/a'))
  await log.close()
  renameSync(`${folder}.moved`, folder)
  assert.equal(problems.length, 1)
  assert.equal(readFileSync(path, 'utf8'), '/a\n')
})

test('a full pipe holds lines back until its reader goes on, a closed one drops them', async (context) => {
  const path = join(temporaryFolder(context), 'pipe')
  execFileSync('mkfifo', [path])
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const log = createAccessLog({ target: path, settings: SETTINGS })
  const line = `/${'y'.repeat(998)}\n`
  const count = 200
  for (let i = 0; i < count; i++) log.observe(request(line.slice(0, -1)))
  const flushed = log.flush()
  const buffer = Buffer.alloc(65_536)
  let received = ''
  let isFlushed = false
  void flushed.then(() => (isFlushed = true))
  for (const deadline = Date.now() + 30_000; received.length < count * line.length && Date.now() < deadline;) {
    await new Promise((resolve) => setImmediate(resolve))
    received += buffer.toString('latin1', 0, readAvailable(reader, buffer))
  }
  await flushed
  assert.equal(isFlushed, true)
  assert.equal(received, line.repeat(count))

  closeSync(reader)
  log.observe(request('/lost'))
  await log.close()
  assert.equal(log.droppedLines(), 1)
})

function readAvailable(fd: number, buffer: Buffer): number {
  try {
    return readSync(fd, buffer)
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN')
    return 0
  }
}

test('requests for skipped URIs leave no line', async (context) => {
  const path = join(temporaryFolder(context), 'access.log')
  const log = createAccessLog({
    target: path,
    settings: {
      ...SETTINGS,
      skippedUris: [
        { kind: 'text', text: '/healthz' },
        { kind: 'regex', source: '^/metrics', caseInsensitive: false },
      ],
    },
  })
  for (const uri of ['/healthz', '/HealthZ', '/healthz?x=1', '/metrics/a', '/Metrics']) log.observe(request(uri))
  await log.close()
  assert.equal(readFileSync(path, 'utf8'), '/healthz?x=1\n/Metrics\n')
})

test('without a place from the command line the log goes where the settings say, and follows them', async (context) => {
  const folder = temporaryFolder(context)
  const problems: string[] = []
  const at = (name: string) => ({ ...SETTINGS, path: join(folder, name) })
  const log = createAccessLog({ target: '', settings: at('one'), onProblem: (problem) => problems.push(problem) })
  log.observe(request('/1'))
  await log.flush()
  log.setFormat(at('two'))
  log.observe(request('/2'))
  await log.flush()
  log.setFormat(at('missing/three'))
  log.observe(request('/3'))
  await log.flush()
  mkdirSync(join(folder, 'missing'))
  log.setFormat(at('missing/three'))
  log.observe(request('/4'))
  await log.close()
  assert.equal(readFileSync(join(folder, 'one'), 'utf8'), '/1\n')
  assert.equal(readFileSync(join(folder, 'two'), 'utf8'), '/2\n/3\n')
  assert.equal(readFileSync(join(folder, 'missing/three'), 'utf8'), '/4\n')
  assert.equal(problems.length, 1)
  assert.match(problems[0] ?? '', /^Cannot open access log .*three: ENOENT/)
})

test('a place from the command line wins over the settings', async (context) => {
  const folder = temporaryFolder(context)
  const log = createAccessLog({ target: join(folder, 'mine'), settings: { ...SETTINGS, path: join(folder, 'theirs') } })
  log.observe(request('/'))
  await log.close()
  assert.equal(readFileSync(join(folder, 'mine'), 'utf8'), '/\n')
})
