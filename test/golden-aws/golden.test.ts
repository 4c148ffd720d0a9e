/**
 * Golden cases of AWS stacks: `NAME.in.yaml` (manifests) gives `NAME.out.yaml` (stacks, what cannot be built, findings).
 * `npm run golden` rewrites the outputs; read the difference before you commit it.
 *
 * Options stand in `NAME.options.json` or on a first line `# options: {...}`: any of `AwsOptions`; `inventory` is laid over
 * the one of `standard-inventory.ts`.
 */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { Document, parse, visit } from 'yaml'
import type { AwsStack } from '../../src/aws/stack/model.ts'
import type { Inventory } from '../../src/aws/stack/inventory.ts'
import type { Finding, Origin } from '../../src/base/finding.ts'
import { buildAws } from '../../src/dialects/aws/build-aws.ts'
import { AWS_DEFAULTS, type AwsOptions, type AwsTranslation } from '../../src/dialects/aws/options.ts'
import { createSnapshot } from '../../src/kube/snapshot.ts'
import { readContent } from '../../src/sources/files/file-content.ts'
import { STANDARD_INVENTORY } from './standard-inventory.ts'

const FOLDER = import.meta.dirname
const NOW_MS = Date.parse('2026-11-21T00:00:00Z')

type CaseOptions = Partial<Omit<AwsOptions, 'inventory'>> & { readonly inventory?: Partial<Inventory> }

function readOptions(file: string, text: string): AwsOptions {
  const beside = file.replace(/\.in\.yaml$/, '.options.json')
  const line = /^# options: (.*)$/m.exec(text)
  const written = (
    existsSync(beside) ? JSON.parse(readFileSync(beside, 'utf8')) : line === null ? {} : parse(line[1] ?? '{}')
  ) as CaseOptions
  return {
    ...AWS_DEFAULTS,
    clusterName: 'demo',
    nowMs: NOW_MS,
    ...written,
    inventory: { ...STANDARD_INVENTORY, ...written.inventory },
  }
}

/** Keys whose values are told in one line, and members that say nothing when they are empty. */
function toReadable(value: unknown, key = ''): unknown {
  if (key === 'origins') return (value as readonly Origin[]).map(formatOrigin)
  if (Array.isArray(value)) return value.map((item) => toReadable(item))
  if (typeof value !== 'object' || value === null) return value
  if ('ref' in value && typeof value.ref === 'string') {
    return 'stack' in value ? `@${String(value.stack)}#${value.ref}` : `@${value.ref}`
  }
  const entries = Object.entries(value)
    .map(([name, member]) => [name, toReadable(member, name)] as const)
    .filter(([, member]) => !isEmpty(member))
  return Object.fromEntries(entries)
}

function isEmpty(value: unknown): boolean {
  if (value === '' || value === null) return true
  if (Array.isArray(value)) return value.length === 0
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

function formatOrigin({ object, path, line }: Origin): string {
  return `${object}${path === '' ? '' : ` ${path}`}${line === undefined ? '' : ` (line ${line})`}`
}

function formatFinding({ severity, code, message, origin }: Finding): string {
  return `${severity} ${code} at ${formatOrigin(origin)}: ${message}`
}

function format({ stacks, findings, unbuilt, held, loadBalancersOf }: AwsTranslation): string {
  const document = new Document({
    stacks: toReadable(stacks),
    ...(unbuilt.length === 0 ? {} : { unbuilt }),
    // Target groups whose targets are kept up to date all the same.
    ...(held.length === 0 ? {} : { held: Object.fromEntries(held.map((stack) => [stack.id, groupsOf(stack)])) }),
    statusOf: Object.fromEntries(loadBalancersOf),
    findings: findings.map(formatFinding),
  })
  visit(document, {
    // Short lists and maps of texts stay on one line.
    Collection(_key, node) {
      if (node.items.length > 0 && JSON.stringify(node.toJSON()).length <= 100) node.flow = true
    },
  })
  return document.toString({ lineWidth: 0, flowCollectionPadding: false })
}

function groupsOf({ targetGroups, classicLoadBalancers }: AwsStack): readonly string[] {
  return [...targetGroups, ...classicLoadBalancers].map(({ id }) => id)
}

for (const file of globSync('*.in.yaml', { cwd: FOLDER }).sort()) {
  test(`build ${basename(file, '.in.yaml')}`, () => {
    const path = join(FOLDER, file)
    const text = readFileSync(path, 'utf8')
    const options = readOptions(path, text)
    const { objects } = readContent(text, basename(file), NOW_MS)
    const translation = buildAws(createSnapshot(objects), options)
    const actual = format(translation)
    const golden = path.replace(/\.in\.yaml$/, '.out.yaml')
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, actual)
    assert.ok(existsSync(golden), `${basename(golden)} is missing; run npm run golden and read it`)
    assert.equal(actual, readFileSync(golden, 'utf8'))
    assert.deepEqual(
      format(buildAws(createSnapshot(objects), options)),
      actual,
      'the same objects give the same stacks again',
    )
  })
}
