import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAwsLog } from './aws-log.ts'

test('without a level the log is that of INFO, and says how to change it', () => {
  const lines: string[] = []
  createAwsLog((line) => lines.push(line), '').write('shop/web', 'INFO', 'hello')
  assert.deepEqual(lines, [
    '[ALB-INGRESS] [controller] [INFO]: Log level read as "", defaulting to INFO. To change, set LOG_LEVEL environment variable to WARN, ERROR, or DEBUG.',
    '[ALB-INGRESS] [shop/web] [INFO]: hello',
  ])
})

test('what is below the level is not written', () => {
  const lines: string[] = []
  const log = createAwsLog((line) => lines.push(line), 'WARN')
  log.write('shop/web', 'INFO', 'hello')
  log.write('shop/web', 'WARN', 'careful')
  assert.deepEqual(lines, ['[ALB-INGRESS] [shop/web] [WARN]: careful'])
})

test('a level that there is not is INFO', () => {
  const lines: string[] = []
  createAwsLog((line) => lines.push(line), 'LOUD').write('shop/web', 'INFO', 'hello')
  assert.match(lines[0] ?? '', /Log level read as "LOUD", defaulting to INFO/)
  assert.equal(lines.length, 2)
})
