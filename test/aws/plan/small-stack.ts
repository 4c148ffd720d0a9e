/** A small stack of each kind, and one pass over it, for tests that tell a story. */
import { observe } from '../../../src/aws/deploy/observe/observe.ts'
import type { Plan } from '../../../src/aws/deploy/operation.ts'
import { planOperations, type PlanOptions } from '../../../src/aws/deploy/plan/plan-operations.ts'
import { emptyStack, type AwsStack, type ListenerRule, type LoadBalancer } from '../../../src/aws/stack/model.ts'
import type { AwsDouble } from '../double/aws-double.ts'
import { HTTP_CHECK } from '../parts/sample-stacks.ts'
import { applyPlan } from './apply-plan.ts'

export const IDENTITY = { clusterName: 'test', clusterUid: 'uid-1' }

/** One rule of port 80 for each path. */
export function ruleFor(path: string, priority: number): ListenerRule {
  return {
    id: `80:${priority}`,
    origins: [],
    listener: { ref: 'Listener/80' },
    priority,
    conditions: [{ field: 'path-pattern', values: [path] }],
    actions: [{ type: 'forward', targetGroups: [{ targetGroup: { ref: 'TargetGroup/shop/web-app:80' }, weight: 1 }] }],
    transforms: [],
    tags: {},
  }
}

/** An ALB with one listener, one target group and a rule for each path. */
export function smallStack(
  name: string,
  changes: Partial<LoadBalancer> = {},
  paths: readonly string[] = ['/'],
): AwsStack {
  const scheme = changes.scheme ?? 'internal'
  return {
    ...emptyStack(`ingress:${name}`),
    securityGroups: [
      {
        id: 'ManagedLBSecurityGroup',
        origins: [],
        name: `k8s-sg-${name.replaceAll('/', '-')}`,
        description: '[k8s] Managed SecurityGroup for LoadBalancer',
        tags: {},
        ingress: [
          { protocol: 'tcp', fromPort: 80, toPort: 80, source: { kind: 'cidr', cidr: '0.0.0.0/0' }, description: '' },
        ],
      },
    ],
    targetGroups: [
      {
        id: 'shop/web-app:80',
        origins: [],
        name: `k8s-tg-${name.replaceAll('/', '-')}`,
        targetType: 'ip',
        protocol: 'HTTP',
        protocolVersion: 'HTTP1',
        port: 8080,
        ipAddressType: 'ipv4',
        healthCheck: HTTP_CHECK,
        attributes: {},
        tags: {},
        targets: { kind: 'service', namespace: 'shop', name: 'app', port: '80', nodeLabels: {} },
        access: [],
        isMultiCluster: false,
      },
    ],
    loadBalancers: [
      {
        id: 'LoadBalancer',
        origins: [],
        name: `k8s-${name.replaceAll('/', '-')}-${scheme === 'internal' ? 'in' : 'out'}`,
        type: 'application',
        scheme,
        ipAddressType: 'ipv4',
        subnets: ['a', 'b'].map((zone) => ({ subnetId: `subnet-private-${zone}` })),
        securityGroups: [{ ref: 'SecurityGroup/ManagedLBSecurityGroup' }],
        attributes: {},
        tags: {},
        ...changes,
      },
    ],
    listeners: [
      {
        id: '80',
        origins: [],
        loadBalancer: { ref: 'LoadBalancer/LoadBalancer' },
        port: 80,
        protocol: 'HTTP',
        defaultActions: [{ type: 'fixed-response', statusCode: '404', contentType: 'text/plain', messageBody: '' }],
        certificates: [],
        attributes: {},
        tags: {},
      },
    ],
    rules: paths.map((path, index) => ruleFor(path, index + 1)),
  }
}

export async function planFor(
  aws: AwsDouble,
  desired: readonly AwsStack[],
  options: Partial<PlanOptions> = {},
): Promise<Plan> {
  const scope = { ...IDENTITY, ...options, vpcId: aws.state.vpcId }
  return planOperations(desired, await observe(aws, { ...scope, desired }), { ...scope })
}

/** Plans and does it. */
export async function pass(
  aws: AwsDouble,
  desired: readonly AwsStack[],
  options: Partial<PlanOptions> = {},
): Promise<Plan> {
  const plan = await planFor(aws, desired, options)
  await applyPlan(aws, plan)
  return plan
}

export const actionsOf = (plan: Plan): string[] =>
  plan.operations.map(({ action }) => action.slice(action.indexOf(':') + 1))
