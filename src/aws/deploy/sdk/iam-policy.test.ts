import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CLUSTER_TAG } from '../../stack/tag-keys.ts'
import { isReadOnly } from '../aws-api.ts'
import { AWS_ACTIONS } from '../aws-actions.ts'
import {
  createIamPolicy,
  formatIamPolicy,
  IMPLIED_ACTIONS,
  iamActionOf,
  LARGEST_MANAGED_POLICY,
  policySize,
} from './iam-policy.ts'

const FILE = join(import.meta.dirname, '../../../../deploy/aws/iam-policy.json')
const policy = createIamPolicy({ partition: 'aws', mayAdopt: false })

test('the file in deploy/aws is what the code makes', () => {
  assert.equal(
    readFileSync(FILE, 'utf8'),
    formatIamPolicy(policy),
    'deploy/aws/iam-policy.json is stale; write it with node scripts/iam-policy.ts --write',
  )
})

test('every call that the code can make is allowed, and nothing else but what AWS implies', () => {
  const allowed = new Set(policy.Statement.flatMap((statement) => statement.Action))
  const wanted = new Set([
    ...AWS_ACTIONS.map(iamActionOf),
    ...Object.keys(IMPLIED_ACTIONS),
    'iam:CreateServiceLinkedRole',
  ])
  assert.deepEqual([...allowed].sort(), [...wanted].sort())
})

test('no statement allows an action by wildcard', () => {
  for (const action of policy.Statement.flatMap((statement) => statement.Action)) assert.doesNotMatch(action, /\*/)
})

test('what is deleted has to carry the tag of the cluster', () => {
  const deletes = AWS_ACTIONS.filter((action) => /:Delete/.test(action) && action !== 'shield:DeleteProtection')
  for (const action of deletes) {
    for (const statement of policy.Statement) {
      if (!statement.Action.includes(iamActionOf(action))) continue
      const isRetagging = action === 'ec2:DeleteTags'
      const keys = Object.values(statement.Condition ?? {}).flatMap((condition) => Object.keys(condition))
      assert.ok(keys.includes(`aws:ResourceTag/${CLUSTER_TAG}`), `${statement.Sid} lets ${action} touch anything`)
      if (isRetagging) assert.ok(keys.includes(`aws:RequestTag/${CLUSTER_TAG}`))
    }
  }
})

test('a policy for one cluster names it wherever the general one asks for any', () => {
  const one = createIamPolicy({ partition: 'aws-cn', clusterName: 'demo', mayAdopt: true })
  assert.doesNotMatch(JSON.stringify(one), /"false"|arn:aws:/)
  const values = one.Statement.flatMap((statement) => Object.entries(statement.Condition?.['StringEquals'] ?? {}))
  assert.deepEqual(
    [...new Set(values.filter(([key]) => key.endsWith(CLUSTER_TAG)).map(([, value]) => value))],
    ['demo'],
  )
})

test('a service-linked role is made for load balancing only', () => {
  const [statement] = policy.Statement
  assert.deepEqual(statement?.Condition, {
    StringEquals: { 'iam:AWSServiceName': 'elasticloadbalancing.amazonaws.com' },
  })
})

test('reading needs no condition and writes nothing', () => {
  const read = policy.Statement.find((statement) => statement.Sid === 'Read')
  assert.ok(read)
  const writes = new Set(AWS_ACTIONS.filter((action) => !isReadOnly(action)).map(iamActionOf))
  assert.deepEqual(
    read.Action.filter((action) => writes.has(action)),
    [],
  )
})

test('the policy fits into a managed policy, and so does one for adoption and one for a cluster', () => {
  const adopting = createIamPolicy({ partition: 'aws', mayAdopt: true })
  const single = createIamPolicy({ partition: 'aws', clusterName: 'production-eu-1', mayAdopt: false })
  for (const one of [policy, adopting, single]) {
    assert.ok(policySize(one) <= LARGEST_MANAGED_POLICY, `${policySize(one)}`)
  }
})
