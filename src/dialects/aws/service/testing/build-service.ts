/** Load balancers of Services from a few lines of YAML, for tests. */
import { EMPTY_INVENTORY, type Inventory, type InventorySubnet } from '../../../../aws/stack/inventory.ts'
import type { AwsStack } from '../../../../aws/stack/model.ts'
import type { Finding } from '../../../../base/finding.ts'
import { snapshotFromYaml } from '../../../../../test/support/snapshot-from-yaml.ts'
import { createFindingLog } from '../../../report.ts'
import { AWS_DEFAULTS, type AwsOptions } from '../../options.ts'
import type { BuiltStacks } from '../../options.ts'
import { buildServiceStacks } from '../build-services.ts'

export const UID = '00000000-0000-0000-0000-000000000001'
export const TCP_80 = '{name: http, port: 80, targetPort: 8080, nodePort: 31509}'

export interface ServiceText {
  readonly name?: string
  readonly uid?: string
  /** Names without `service.beta.kubernetes.io/aws-load-balancer-`, unless they have a slash. */
  readonly annotations?: Readonly<Record<string, string>>
  /** Flow YAML. */
  readonly ports?: string
  /** Further lines of the spec, such as `externalTrafficPolicy: Local`. */
  readonly spec?: readonly string[]
  readonly metadata?: readonly string[]
}

export function serviceText({
  name = 'web-svc',
  uid = UID,
  annotations = {},
  ports = TCP_80,
  ...more
}: ServiceText): string {
  const written = Object.entries(annotations).map(([key, value]) => {
    const full = key.includes('/') ? key : `service.beta.kubernetes.io/aws-load-balancer-${key}`
    return `    ${JSON.stringify(full)}: ${JSON.stringify(value)}\n`
  })
  return `apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: default
  uid: ${uid}
${(more.metadata ?? []).map((line) => `  ${line}\n`).join('')}${written.length === 0 ? '' : `  annotations:\n${written.join('')}`}spec:
  type: LoadBalancer
  ports: [${ports}]
${(more.spec ?? []).map((line) => `  ${line}\n`).join('')}`
}

export interface Built extends BuiltStacks {
  readonly findings: readonly Finding[]
  /** The only stack; empty members where there is none. */
  readonly stack: AwsStack | undefined
  readonly codes: readonly string[]
}

export function buildYaml(yaml: string, options: Partial<AwsOptions> = {}): Built {
  const snapshot = snapshotFromYaml(yaml)
  const log = createFindingLog()
  const all: AwsOptions = { ...AWS_DEFAULTS, clusterName: 'demo', inventory: EMPTY_INVENTORY, nowMs: 0, ...options }
  const built = buildServiceStacks(snapshot, all, log.report)
  return { ...built, findings: log.findings, stack: built.stacks[0], codes: log.findings.map(({ code }) => code) }
}

/** A Service of the AWS controller's class. */
export function buildNlbOf(text: ServiceText, options: Partial<AwsOptions> = {}): Built {
  return buildYaml(
    serviceText({ ...text, spec: ['loadBalancerClass: service.k8s.aws/nlb', ...(text.spec ?? [])] }),
    options,
  )
}

export function buildOf(text: ServiceText, options: Partial<AwsOptions> = {}): Built {
  return buildYaml(serviceText(text), options)
}

/** Two internal subnets of one VPC. */
export const TWO_SUBNETS: Inventory = {
  ...EMPTY_INVENTORY,
  vpcId: 'vpc-1',
  vpcCidrs: ['10.0.0.0/16'],
  subnets: [subnet('subnet-a', 'a', '10.0.1.0/24', 1), subnet('subnet-b', 'c', '10.0.2.0/24', 2)],
}

function subnet(id: string, zone: string, cidr: string, at: number): InventorySubnet {
  return {
    id,
    vpcId: 'vpc-1',
    availabilityZone: `ap-northeast-1${zone}`,
    availableIpAddressCount: 200,
    cidr,
    ipv6Cidr: `2001:db8:0:${at}::/64`,
    tags: { 'kubernetes.io/role/internal-elb': '1', 'kubernetes.io/role/elb': '1', Name: `net-${zone}` },
  }
}
