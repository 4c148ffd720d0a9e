/**
 * The load balancers of every golden case of Ingresses, made in an account that is as strict as AWS and has what the case's
 * inventory says: AWS accepts every call, a second pass has nothing to do, and when the Ingresses are gone nothing is left.
 */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import type { Inventory } from '../../src/aws/stack/inventory.ts'
import { buildAws } from '../../src/dialects/aws/build-aws.ts'
import { AWS_DEFAULTS, type AwsOptions } from '../../src/dialects/aws/options.ts'
import { createSnapshot } from '../../src/kube/snapshot.ts'
import { readContent } from '../../src/sources/files/file-content.ts'
import { STANDARD_INVENTORY } from '../golden-aws/standard-inventory.ts'
import { createAccountOf } from './parts/account-of-inventory.ts'
import { type AwsDouble, createAwsDouble } from './double/aws-double.ts'
import { converge, type Pass, runPass } from './parts/converge.ts'

const FOLDER = join(import.meta.dirname, '../golden-aws')
const NOW_MS = Date.parse('2026-11-21T00:00:00Z')

/** What users wrote is passed on, with a finding where we know better, and AWS refuses it: its code. */
const REFUSED: Readonly<Record<string, string>> = {
  'attributes-trailing-comma': 'ValidationError',
  'routing-target-attribute-mistakes': 'ValidationError',
  'certificate-unknown': 'CertificateNotFound',
  'certificate-unknown-in-group': 'CertificateNotFound',
  'ipam-pool': 'InvalidConfigurationRequest',
}

type Written = Partial<Omit<AwsOptions, 'inventory'>> & { readonly inventory?: Partial<Inventory> }

function readOptions(path: string, text: string): AwsOptions {
  const beside = path.replace(/\.in\.yaml$/, '.options.json')
  const line = /^# options: (.*)$/m.exec(text)?.[1] ?? '{}'
  const written = (existsSync(beside) ? JSON.parse(readFileSync(beside, 'utf8')) : parse(line)) as Written
  const inventory = { ...STANDARD_INVENTORY, ...written.inventory }
  return { ...AWS_DEFAULTS, clusterName: 'demo', nowMs: NOW_MS, ...written, inventory }
}

/** What cases name besides their inventory, since it is not ours or cannot be read. */
async function addOthers(aws: AwsDouble): Promise<void> {
  const { state } = aws
  const [certificate] = createAwsDouble().state.certificates.values()
  const [group] = state.securityGroups.values()
  assert.ok(certificate !== undefined && group !== undefined)
  state.securityGroups.set('sg-backend', { ...group, id: 'sg-backend', name: 'backend' })
  const region = `${state.region}:${state.account}`
  for (const arn of [
    `arn:aws:acm:${region}:certificate/shop`,
    `arn:aws:iam::${state.account}:server-certificate/shop`,
  ]) {
    if (state.certificates.has(arn)) continue
    const detail = { ...certificate.detail, CertificateArn: arn }
    state.certificates.set(arn, { ...certificate, arn, tags: new Map(), detail })
  }
  for (const Name of ['legacy', 'theirs']) {
    const input = { Name, Protocol: 'HTTP' as const, Port: 80, VpcId: state.vpcId, TargetType: 'instance' as const }
    const { TargetGroups: [made] = [] } = await aws.call('elbv2:CreateTargetGroup', input)
    const thing = state.targetGroups.get(made?.TargetGroupArn ?? '')
    assert.ok(thing !== undefined)
    const arn = `arn:aws:elasticloadbalancing:${region}:targetgroup/${Name}/0123456789abcdef`
    state.targetGroups.delete(thing.shape.TargetGroupArn)
    state.targetGroups.set(arn, { ...thing, shape: { ...thing.shape, TargetGroupArn: arn } })
  }
}

function failures(passes: readonly Pass[]): string[] {
  const outcomes = passes.flatMap(({ result }) => [...result.stacks.values()].flatMap((stack) => stack.outcomes))
  return outcomes
    .filter(({ state }) => state !== 'done')
    .map(({ operation, state, code, message }) => `${operation.id}: ${state} ${code} ${message}`)
}

for (const file of globSync('*.in.yaml', { cwd: FOLDER }).sort()) {
  const name = basename(file, '.in.yaml')
  const path = join(FOLDER, file)
  const text = readFileSync(path, 'utf8')
  const options = readOptions(path, text)
  // Services have a suite of their own; a plan without an account cannot be made in one.
  if (file.startsWith('service-') || options.inventory.subnets.length === 0) continue
  test(`make and remove ${name}`, async () => {
    const { objects } = readContent(text, file, NOW_MS)
    const { stacks } = buildAws(createSnapshot(objects), options)
    const aws = createAccountOf(options.inventory)
    await addOthers(aws)
    const account = { vpcId: aws.state.vpcId }
    const refusal = REFUSED[name]
    if (refusal === undefined) {
      const passes = await converge(aws, stacks, account)
      assert.deepEqual(failures(passes), [])
      assert.ok(passes.length <= 2, `${passes.length - 1} passes made it`)
      assert.equal(aws.state.loadBalancers.size, stacks.flatMap(({ loadBalancers }) => loadBalancers).length)
    } else {
      const { result } = await runPass(aws, stacks, account)
      const outcomes = [...result.stacks.values()].flatMap((stack) => stack.outcomes)
      const codes = outcomes.filter(({ state }) => state === 'failed').map(({ code }) => code)
      assert.deepEqual(new Set(codes), new Set([refusal]))
    }
    await converge(aws, [], account)
    const { loadBalancers, listeners, rules, targetGroups, webAclOf, protections } = aws.state
    const left = [loadBalancers, listeners, rules, webAclOf, protections].map(({ size }) => size)
    assert.deepEqual(left, [0, 0, 0, 0, 0])
    assert.deepEqual(
      [...targetGroups.values()].map(({ shape }) => shape.TargetGroupName),
      ['legacy', 'theirs'],
    )
  })
}
