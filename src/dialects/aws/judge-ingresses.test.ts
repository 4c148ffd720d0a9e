import assert from 'node:assert/strict'
import { test } from 'node:test'
import { snapshotFromYaml } from '../../../test/support/snapshot-from-yaml.ts'
import { judgeAlbIngresses } from './judge-ingresses.ts'

const PREFIX = 'alb.ingress.kubernetes.io/'

function judge(
  className: string,
  annotations: Readonly<Record<string, string>>,
  more = '',
  port = '{number: 80}',
): readonly string[] {
  const prefixed = Object.entries(annotations).map(([name, value]) => [PREFIX + name, value])
  const text = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop, annotations: ${JSON.stringify(Object.fromEntries(prefixed))}}
spec:
  ingressClassName: ${className}
  tls: [{hosts: [a.example.com], secretName: a-tls}]
  rules:
    - host: a.example.com
      http: {paths: [{path: /*, pathType: ImplementationSpecific, backend: {service: {name: web, port: ${port}}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: NodePort, ports: [{port: 80, nodePort: 30080}]}
${more}`
  const { findings } = judgeAlbIngresses(snapshotFromYaml(text), 0)
  return findings.filter(({ severity }) => severity !== 'info').map(({ severity, code }) => `${severity} ${code}`)
}

test('what an ALB can do is no mistake, whatever our proxy can', () => {
  const findings = judge(
    'alb',
    {
      'conditions.web': '[{"field":"http-header","httpHeaderConfig":{"httpHeaderName":"X-A","values":["b"]}}]',
      'wafv2-acl-name': 'guard',
      'security-groups': 'web-group',
      subnets: 'public-a, public-c',
      'actions.web': '{"type":"forward","targetGroupName":"of-terraform"}',
    },
    '',
    '{name: use-annotation}',
  )
  assert.deepEqual(findings, [])
})

test('nobody knows which certificates an account has, and what is wrong with Secrets is told all the same', () => {
  assert.deepEqual(judge('alb', { 'listen-ports': '[{"HTTPS":443}]' }), ['warning SECRET_NOT_FOUND'])
})

test('what an ALB cannot do is told as plan tells it', () => {
  assert.deepEqual(judge('alb', { 'conditions.web': '[{"field":"header"}]' }), ['error ANNOTATION_VALUE'])
})

test('a class is of load balancers by its controller, and one of others is not judged', () => {
  const ofController = (controller: string): string => `---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: front}
spec: {controller: ${controller}}
`
  const bad = { 'conditions.web': '[]x' }
  assert.deepEqual(judge('front', bad, ofController('ingress.k8s.aws/alb')), ['error ANNOTATION_VALUE'])
  assert.deepEqual(judge('front', bad, ofController('k8s.io/ingress-nginx')), [])
})
