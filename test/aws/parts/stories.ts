/** Ten stories of a cluster's load balancers: what there is, and what is wished then. */
import type { AwsStack } from '../../../src/aws/stack/model.ts'
import type { AwsDouble, DoubleOptions } from '../double/aws-double.ts'
import { albStack, classicStack, nlbStack, type Place, sharedStack } from './sample-stacks.ts'

export interface Story {
  readonly name: string
  /** States that are reached one after the other; the last step is the one that is disturbed. */
  readonly states: (aws: AwsDouble) => readonly (readonly AwsStack[])[]
  readonly account?: DoubleOptions
}

const PRIVATE: Place = { subnets: ['subnet-private-a', 'subnet-private-b'] }
const PUBLIC: Place = { subnets: ['subnet-public-a', 'subnet-public-b'] }
const OLD = { secret: 'shop/tls', fingerprint: 'a'.repeat(64) }
const NEW = { secret: 'shop/tls', fingerprint: 'b'.repeat(64) }

export const STORIES: readonly Story[] = [
  {
    name: 'an Ingress is made, with a group that all share',
    states: () => [[], [sharedStack(), albStack(PRIVATE, { usesShared: true, paths: ['/a', '/b'] })]],
  },
  {
    name: 'paths come, go and change places',
    states: () => [
      [albStack(PRIVATE, { paths: ['/a', '/b', '/c'] })],
      [albStack(PRIVATE, { paths: ['/c', '/a', '/d'] })],
    ],
  },
  {
    name: 'settings, tags and who may come in change',
    states: () => [
      [albStack(PRIVATE, { idleTimeout: '60', team: 'red', cidrs: ['10.0.0.0/8', '192.0.2.0/24'] })],
      [albStack(PRIVATE, { team: 'blue', cidrs: ['192.0.2.0/24', '198.51.100.0/24'] })],
    ],
  },
  {
    name: 'the load balancer moves to the internet',
    states: () => [[albStack(PRIVATE)], [albStack(PUBLIC, { scheme: 'internet-facing' })]],
  },
  {
    name: 'TLS is added with a certificate from a Secret',
    states: () => [[albStack(PRIVATE)], [albStack(PRIVATE, { tls: OLD })]],
  },
  {
    name: 'the Secret is renewed, and TLS given up',
    states: () => [[albStack(PRIVATE, { tls: OLD })], [albStack(PRIVATE, { tls: NEW })], [albStack(PRIVATE)]],
    account: { hiddenReads: 1 },
  },
  {
    name: 'a web ACL and a shield are put up',
    states: (aws) => {
      aws.state.hasShieldSubscription = true
      const [webAcl = ''] = aws.state.webAcls.keys()
      return [[albStack(PRIVATE)], [albStack(PRIVATE, { webAcl, isShielded: true })]]
    },
  },
  {
    name: 'a Service gets a network load balancer, and other ports',
    states: () => [
      [],
      [nlbStack(PRIVATE, { ports: [80, 443] })],
      [nlbStack(PRIVATE, { ports: [443, 8443], crossZone: true })],
    ],
  },
  {
    name: 'a Classic Load Balancer is made and changed',
    states: () => [
      [],
      [classicStack(PRIVATE)],
      [classicStack(PRIVATE, { ports: [80, 443], sendsProxyProtocol: true, idleTimeoutSeconds: 120 })],
    ],
  },
  {
    name: 'everything goes, while AWS still holds the groups',
    states: () => [
      [sharedStack(), albStack(PRIVATE, { usesShared: true, tls: OLD }), nlbStack(PRIVATE), classicStack(PRIVATE)],
      [],
    ],
    account: { interfaceCalls: 40, taggingLag: 5 },
  },
]
