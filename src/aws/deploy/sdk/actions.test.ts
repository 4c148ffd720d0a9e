import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isReadOnly } from '../aws-api.ts'
import { AWS_ACTIONS } from '../aws-actions.ts'
import { callClassOf, operationOf, optionalFeatureOf, serviceOf } from './actions.ts'
import { readCommandNames } from './open-aws.ts'

test('every action has a command in the SDK', async () => {
  for (const action of AWS_ACTIONS) {
    const commands = await readCommandNames(serviceOf(action))
    assert.ok(commands.has(`${operationOf(action)}Command`), `${action} has no command`)
  }
})

test('every write of a load balancer is budgeted as one, and every target call apart from them', () => {
  assert.equal(callClassOf('elbv2:RegisterTargets'), 'targets')
  assert.equal(callClassOf('elb:DeregisterInstancesFromLoadBalancer'), 'targets')
  assert.equal(callClassOf('elbv2:CreateRule'), 'write')
  assert.equal(callClassOf('elb:DescribeTags'), 'read')
  assert.equal(callClassOf('wafv2:GetWebACLForResource'), 'wafRead')
  assert.equal(callClassOf('wafv2:AssociateWebACL'), 'wafWrite')
  assert.equal(callClassOf('ec2:CreateTags'), 'otherWrite')
  assert.equal(callClassOf('acm:ListCertificates'), 'otherRead')
  for (const action of AWS_ACTIONS) assert.equal(/read$/i.test(callClassOf(action)), isReadOnly(action), action)
})

test('what makes load balancers work is never optional', () => {
  for (const action of AWS_ACTIONS) {
    if (/:(?:Create|Delete)/.test(action) && !/^(?:shield:|ec2:\w+Tags$)/.test(action)) {
      assert.equal(optionalFeatureOf(action), null, action)
    }
  }
})
