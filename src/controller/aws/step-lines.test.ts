import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Operation } from '../../aws/deploy/operation.ts'
import { beginLine, endLine } from './step-lines.ts'

function operation(action: Operation['action'], input: Operation['input']): Operation {
  const about = { id: 'x', stack: 'ingress:a/b', resource: 'LoadBalancer/x', verb: 'create', after: [] } as const
  return { ...about, action, input, summary: 'do it', origins: [] }
}

const CASES: readonly (readonly [Operation, string | null, string])[] = [
  [
    operation('elbv2:CreateLoadBalancer', { Name: 'k8s-a-b', Type: 'application' }),
    'Start ELBV2 (ALB) creation.',
    'Completed ELBV2 (ALB) creation. Name: k8s-a-b | ARN: arn:x',
  ],
  [
    operation('elbv2:CreateLoadBalancer', { Name: 'k8s-a-b', Type: 'network' }),
    'Start ELBV2 (NLB) creation.',
    'Completed ELBV2 (NLB) creation. Name: k8s-a-b | ARN: arn:x',
  ],
  [
    operation('elb:CreateLoadBalancer', { LoadBalancerName: 'a1' }),
    'Start ELB (Classic) creation.',
    'Completed ELB (Classic) creation. Name: a1',
  ],
  [
    operation('elbv2:CreateTargetGroup', { Name: 'tg' }),
    'Start TargetGroup creation.',
    'Succeeded TargetGroup creation. ARN: arn:x | Name: tg.',
  ],
  [
    operation('elbv2:CreateListener', { Port: 80, Protocol: 'HTTP' }),
    'Start Listener creation.',
    'Completed Listener creation. ARN: arn:x | Port: 80 | Proto: HTTP.',
  ],
  [
    operation('elbv2:CreateRule', {
      Priority: 1,
      Conditions: [
        { Field: 'host-header', HostHeaderConfig: { Values: ['echoserver.example.com'] } },
        { Field: 'path-pattern', PathPatternConfig: { RegexValues: ['^/a'] } },
      ],
    }),
    'Start Rule creation.',
    'Completed Rule creation. Rule Priority: "1" | Condition: [{    Field: "host-header",    Values: ["echoserver.example.com"]  },{    Field: "path-pattern",    Values: ["^/a"]  }]',
  ],
  [operation('elbv2:DeleteRule', {}), null, 'do it: done'],
]

for (const [one, begin, end] of CASES) {
  test(`${one.action} is told as ${end.slice(0, 40)}`, () => {
    assert.equal(beginLine(one), begin)
    assert.equal(endLine(one, 'arn:x'), end)
  })
}
