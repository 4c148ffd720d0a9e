/**
 * An AWS account in this process, behind the one door that the driver uses. It is as strict as AWS is said to be, so that a
 * plan which it accepts call by call is one that AWS accepts. What is not known about AWS is named where it is assumed.
 */
import { isReadOnly, AwsError, type AwsAction, type AwsApi } from '../../../src/aws/deploy/aws-api.ts'
import { acmHandlers } from './acm.ts'
import { classicHandlers } from './classic/classic.ts'
import { ec2Handlers } from './ec2.ts'
import { elbv2Handlers } from './elbv2/elbv2.ts'
import { Refusal } from './refusal.ts'
import { seedNetwork } from './seed-network.ts'
import { shieldHandlers } from './shield.ts'
import { readTags, taggingHandlers } from './tagging.ts'
import { wafHandlers } from './wafv2.ts'
import { AWS_QUOTAS, type Handlers, type Quotas, type World } from './world.ts'

export interface DoubleOptions {
  readonly region?: string
  readonly account?: string
  readonly vpcId?: string
  readonly quotas?: Partial<Quotas>
  /** Entries per page; default 400. */
  readonly pageSize?: number
  /** Reads for which what is created is not found; default 0. */
  readonly hiddenReads?: number
  /** Calls until the network interfaces of a deleted load balancer are gone; default 0. */
  readonly interfaceCalls?: number
  /** Calls that a target stays `initial` or `draining`; default 0. */
  readonly targetCalls?: number
  /** Calls by which tagging:GetResources lags behind; default 0. */
  readonly taggingLag?: number
}

/** May be changed at any time; a test puts here what shall go wrong. */
export interface DoubleFaults {
  /** Every n-th call is throttled; 0 = none. */
  throttleEvery: number
  throttleCode: string
  readonly denied: Set<AwsAction>
  /** True = the connection ends before AWS has the call. */
  cutBefore: ((call: DoubleCall) => boolean) | null
  /** True = the connection ends after the call took effect: the caller sees `Unreachable`. */
  cutAfter: ((call: DoubleCall) => boolean) | null
  /** A refusal of the test's own. */
  refuse: ((call: DoubleCall) => { readonly code: string; readonly message: string } | null) | null
}

export interface DoubleCall {
  /** From 1. */
  readonly number: number
  readonly action: AwsAction
  readonly input: unknown
  readonly isWrite: boolean
  /** `null` = it was done. */
  refusal: string | null
}

export type AwsDouble = AwsApi & { readonly state: World; readonly faults: DoubleFaults; readonly calls: DoubleCall[] }

/** An account with one VPC, three public and three private subnets in three zones, and three nodes. */
export function createAwsDouble(options: DoubleOptions = {}): AwsDouble {
  const state = createWorld(options)
  seedNetwork(state)
  const handlers: Handlers = {
    ...elbv2Handlers(state),
    ...classicHandlers(state),
    ...ec2Handlers(state),
    ...acmHandlers(state),
    ...wafHandlers(state),
    ...shieldHandlers(state),
    ...taggingHandlers(state),
  }
  const faults: DoubleFaults = {
    throttleEvery: 0,
    throttleCode: 'Throttling',
    denied: new Set(),
    cutBefore: null,
    cutAfter: null,
    refuse: null,
  }
  const calls: DoubleCall[] = []

  const call: AwsApi['call'] = async (action, input) => {
    // A real call takes at least a turn of the event loop.
    await Promise.resolve()
    const call: DoubleCall = {
      number: calls.length + 1,
      action,
      input: structuredClone(input),
      isWrite: !isReadOnly(action),
      refusal: null,
    }
    calls.push(call)
    state.clock++
    const fail = (code: string, message: string, status: number): never => {
      call.refusal = code
      throw new AwsError(action, code, message, status)
    }
    if (faults.cutBefore?.(call) === true) fail('Unreachable', 'socket hang up', 0)
    if (faults.throttleEvery > 0 && call.number % faults.throttleEvery === 0) {
      fail(faults.throttleCode, 'Rate exceeded', faults.throttleCode === 'RequestLimitExceeded' ? 503 : 400)
    }
    if (faults.denied.has(action)) {
      const code = action.startsWith('ec2:') ? 'UnauthorizedOperation' : 'AccessDenied'
      fail(code, `User: arn:aws:iam::${state.account}:user/test is not authorized to perform: ${action}`, 403)
    }
    const refusal = faults.refuse?.(call)
    if (refusal !== null && refusal !== undefined) fail(refusal.code, refusal.message, 400)
    try {
      const output = structuredClone(handlers[action](structuredClone(input)))
      if (state.taggingLag > 0 && call.isWrite) state.tagHistory.push({ clock: state.clock, index: readTags(state) })
      if (faults.cutAfter?.(call) === true) fail('Unreachable', 'socket hang up', 0)
      return output
    } catch (error) {
      if (error instanceof Refusal) fail(error.code, error.message, error.status)
      throw error
    }
  }
  return { call, state, faults, calls }
}

function createWorld(options: DoubleOptions): World {
  let last = 0
  return {
    region: options.region ?? 'eu-central-1',
    account: options.account ?? '123456789012',
    vpcId: options.vpcId ?? 'vpc-0123456789abcdef0',
    vpcCidrs: ['10.0.0.0/16'],
    quotas: { ...AWS_QUOTAS, ...options.quotas },
    clock: 0,
    hiddenReads: options.hiddenReads ?? 0,
    interfaceCalls: options.interfaceCalls ?? 0,
    targetCalls: options.targetCalls ?? 0,
    taggingLag: options.taggingLag ?? 0,
    tagHistory: [],
    pageSize: options.pageSize ?? 400,
    subnets: new Map(),
    routeTables: [],
    instances: new Map(),
    interfaces: new Map(),
    securityGroups: new Map(),
    loadBalancers: new Map(),
    listeners: new Map(),
    rules: new Map(),
    targetGroups: new Map(),
    trustStores: new Map(),
    certificates: new Map(),
    classic: new Map(),
    webAcls: new Map(),
    webAclOf: new Map(),
    protections: new Map(),
    hasShieldSubscription: false,
    serial: () => ++last,
  }
}
