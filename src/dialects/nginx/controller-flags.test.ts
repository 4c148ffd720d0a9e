import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DEFAULT_CONTROLLER_OPTIONS, flagNames, parseControllerFlags, rowOf } from './controller-flags.ts'
import { formatControllerFlagHelp } from './flags/flag-help.ts'
import { REMOVED_FLAGS } from './flags/flag-table.ts'
import { parseGoValue } from './flags/go-value.ts'

/** What the Helm chart of ingress-nginx 4.15 writes into its Deployment. */
const CHART = [
  '/nginx-ingress-controller',
  '--publish-service=ingress-nginx/ingress-nginx-controller',
  '--election-id=ingress-nginx-leader',
  '--controller-class=k8s.io/ingress-nginx',
  '--ingress-class=nginx',
  '--configmap=ingress-nginx/ingress-nginx-controller',
  '--tcp-services-configmap=ingress-nginx/ingress-nginx-tcp',
  '--validating-webhook=:8443',
  '--validating-webhook-certificate=/usr/local/certificates/cert',
  '--validating-webhook-key=/usr/local/certificates/key',
  '--enable-ssl-passthrough',
]

function codesOf(...argv: readonly string[]): readonly string[] {
  return parseControllerFlags(argv).findings.map(({ code }) => code)
}

test('the arguments of the Helm chart are read without a remark', () => {
  const { options, findings, given } = parseControllerFlags(CHART)
  assert.deepEqual(findings, [])
  assert.equal(options['publish-service'], 'ingress-nginx/ingress-nginx-controller')
  assert.equal(options['configmap'], 'ingress-nginx/ingress-nginx-controller')
  assert.equal(options['validating-webhook'], ':8443')
  assert.equal(options['enable-ssl-passthrough'], true)
  assert.equal(options['http-port'], 80)
  assert.equal(given.get('ingress-class'), 4)
  assert.equal(given.has('http-port'), false)
})

test('without arguments every flag has its default', () => {
  assert.deepEqual(parseControllerFlags([]), { options: DEFAULT_CONTROLLER_OPTIONS, given: new Map(), findings: [] })
})

test('a value stands behind an equals sign or is the next argument, even one that begins with a dash', () => {
  assert.equal(parseControllerFlags(['--ingress-class=a=b']).options['ingress-class'], 'a=b')
  assert.equal(parseControllerFlags(['--ingress-class', 'internal']).options['ingress-class'], 'internal')
  assert.equal(parseControllerFlags(['--ingress-class', '--internal']).options['ingress-class'], '--internal')
  assert.equal(parseControllerFlags(['--ingress-class=']).options['ingress-class'], '')
})

test('a bool takes no next argument', () => {
  const { options, findings } = parseControllerFlags(['--disable-catch-all', 'false'])
  assert.equal(options['disable-catch-all'], true)
  assert.match(findings[0]?.message ?? '', /"false": it is no flag; write --flag=false/)
  assert.equal(parseControllerFlags(['--update-status=false']).options['update-status'], false)
  assert.equal(parseControllerFlags(['--update-status=F']).options['update-status'], false)
  assert.deepEqual(codesOf('--update-status=no'), ['CONTROLLER_FLAG_VALUE'])
})

test('one letter flags are read with and without equals sign', () => {
  for (const argv of [['-v=3'], ['-v', '3'], ['-v3'], ['--v=3'], ['--v', '3']]) {
    assert.equal(parseControllerFlags(argv).options['v'], 3, argv.join(' '))
  }
})

test('the last of several wins, and lists add up', () => {
  assert.equal(parseControllerFlags(['--http-port=1', '--http-port=8080']).options['http-port'], 8080)
  const { options } = parseControllerFlags(['--publish-status-address=a,"b,c"', '--publish-status-address=d'])
  assert.deepEqual(options['publish-status-address'], ['a', 'b,c', 'd'])
})

test('two dashes end the flags', () => {
  assert.equal(parseControllerFlags(['--', '--http-port=8080']).options['http-port'], 80)
})

test('what is no flag, or an old one, is said with what to write', () => {
  const messages = parseControllerFlags(['x', '--config-map=a/b', '-configmap=a/b', '--sort-backends', 'y']).findings
  assert.deepEqual(
    messages.map(({ message }) => message.slice(message.indexOf(': ') + 2)),
    [
      'there is no such flag; did you mean --configmap',
      'there is no such flag; write --configmap with two dashes',
      'ingress-nginx no longer has it; the order of endpoints means nothing; remove it',
      'it is no flag; remove it, or write it as --flag=value',
    ],
  )
})

test('a bad value leaves the default', () => {
  for (const argument of [
    '--http-port=many',
    '--election-ttl=30',
    '--sync-rate-limit=1/s',
    '--http-port=0x',
    '--http-port',
  ]) {
    const { options, findings } = parseControllerFlags([argument])
    assert.deepEqual(options, DEFAULT_CONTROLLER_OPTIONS, argument)
    assert.deepEqual(
      findings.map(({ code }) => code),
      ['CONTROLLER_FLAG_VALUE'],
      argument,
    )
    assert.match(findings[0]?.message ?? '', /; accepted is /)
  }
})

test('flags that contradict each other are said', () => {
  assert.deepEqual(codesOf('--publish-service=a/b', '--publish-status-address=192.0.2.1'), ['CONTROLLER_FLAG_VALUE'])
  assert.deepEqual(codesOf('--watch-namespace=a', '--watch-namespace-selector=a=b'), ['CONTROLLER_FLAG_VALUE'])
  assert.deepEqual(codesOf('--http-port=443'), ['CONTROLLER_FLAG_VALUE'])
  assert.deepEqual(codesOf('--http-port=70000'), ['CONTROLLER_FLAG_VALUE'])
  assert.deepEqual(codesOf('--configmap=settings'), ['CONTROLLER_FLAG_VALUE'])
  assert.deepEqual(codesOf('--status-update-interval=1'), ['CONTROLLER_FLAG_VALUE'])
})

test('a flag with nothing to do is an info with the reason', () => {
  const [finding] = parseControllerFlags(['--sync-rate-limit=0.5']).findings
  assert.equal(finding?.severity, 'info')
  assert.match(finding?.message ?? '', /--sync-rate-limit: changes are served as they come/)
})

test('findings know the argument they are about', () => {
  const { findings } = parseControllerFlags(['x', '--http-port=a'], (index) => ({
    object: 'test',
    path: `args[${index}]`,
  }))
  assert.equal(findings[0]?.origin.path, 'args[1]')
})

test('numbers and durations are Go’s', () => {
  const ints: readonly (readonly [string, number | null])[] = [
    ['10', 10],
    ['-1', -1],
    ['0x1f', 31],
    ['0b11', 3],
    ['0o17', 15],
    ['017', 15],
    ['1_000', 1000],
    ['08', null],
    ['1__0', null],
    ['1.5', null],
    ['', null],
  ]
  for (const [text, value] of ints) assert.equal(parseGoValue('int', text), value, text)
  const durations: readonly (readonly [string, number | null])[] = [
    ['30s', 30_000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['100us', 0.1],
    ['0', 0],
    ['-2m', -120_000],
    ['.5s', 500],
    ['30', null],
    ['1d', null],
    ['s', null],
    ['', null],
  ]
  for (const [text, value] of durations) assert.equal(parseGoValue('duration', text), value, text)
  assert.deepEqual(parseGoValue('floats', '0.1, 1e3'), [0.1, 1000])
  assert.equal(parseGoValue('strings', 'a"b'), null)
})

test('every default is a value of its type, and every flag is in the help', () => {
  const help = formatControllerFlagHelp()
  for (const name of flagNames()) {
    const { type, initial, note } = rowOf(name)
    const text = Array.isArray(initial)
      ? initial.join(',')
      : type === 'duration'
        ? `${Number(initial)}ms`
        : String(initial)
    assert.deepEqual(parseGoValue(type, text), text === '' && type === 'strings' ? [] : initial, name)
    assert.match(help, new RegExp(`--${name}(?: \\w+)? +${note.slice(0, 8).replaceAll(/[()/]/g, '.')}`))
    assert.ok(!Object.hasOwn(REMOVED_FLAGS, name), name)
  }
  assert.match(help, /--election-ttl duration +how long the Lease holds \(default 30s\)/)
})

test('no command line makes it throw, and options keep their types', () => {
  const argument = fc.oneof(
    fc.string(),
    fc.constantFrom(...flagNames().flatMap((name) => [`--${name}`, `--${name}=`, `--${name}=1`, `-${name}`])),
    fc.constantFrom('--', '-', '-v', '-vv', '---', '--=', '1', 'true', '30s'),
  )
  fc.assert(
    fc.property(fc.array(argument, { maxLength: 12 }), (argv) => {
      const { options } = parseControllerFlags(argv)
      for (const name of flagNames()) {
        assert.equal(typeof options[name], typeof rowOf(name).initial, name)
        assert.equal(Array.isArray(options[name]), Array.isArray(rowOf(name).initial), name)
      }
    }),
  )
})
