/** A plan: calls that make AWS as it should be, in an order, as printable data. Made by a pure function, run by the executor. */
import type { Origin } from '../../base/finding.ts'
import type { ResourceKey, StackId, TargetGroup } from '../stack/model.ts'
import type { AwsAction } from './aws-api.ts'

/** Stands in a call's input for what is known only when it is made. */
export type Placeholder =
  /** Identifier of a resource: of one that exists, or that an earlier operation of this plan or of another stack created. */
  | { readonly $ref: ResourceKey; readonly stack: StackId }
  /** Part of a Secret, read when the call is made and never kept, printed or logged. */
  | { readonly $secret: string; readonly part: 'clientId' | 'clientSecret' | 'certificate' | 'privateKey' | 'chain' }

/** An input of the action with {@link Placeholder}s in it. */
export type OperationInput = Readonly<Record<string, unknown>>

export interface Operation {
  /** Unique in the plan and the same on every run: `create ListenerRule/80:1`. */
  readonly id: string
  readonly stack: StackId
  readonly resource: ResourceKey
  /** `replace` marks both halves of a replacement. `adopt` writes our ownership tags on what was told to be ours. */
  readonly verb: 'create' | 'modify' | 'replace' | 'delete' | 'adopt'
  readonly action: AwsAction
  readonly input: OperationInput
  /** Ids of operations that have to be done before this one; a failed one among them skips it. */
  readonly after: readonly string[]
  /** Where the output has the identifier of the resource: `LoadBalancers.0.LoadBalancerArn`. */
  readonly yields?: string
  /** For people, in the imperative: `create listener HTTP:80 of k8s-shop-web-0123456789`. */
  readonly summary: string
  /** What users see while it runs or after it, when that is more than nothing. */
  readonly outage?: string
  /** In the words of the founding controller; absent where it is a detail of another operation. */
  readonly event?: { readonly reason: 'CREATE' | 'MODIFY' | 'DELETE'; readonly message: string }
  readonly origins: readonly Origin[]
}

export interface Plan {
  /** In an order that respects `after`. */
  readonly operations: readonly Operation[]
  /** Stacks that the guard holds back, and why; their operations are not in the plan. */
  readonly held: readonly HeldStack[]
  /** Stacks of which something is left for a later pass, and why: the next pass should come soon. Absent = none. */
  readonly deferred?: readonly HeldStack[]
  /** Target groups that go on serving until their successors have healthy targets. Absent = none. */
  readonly bridges?: readonly BridgedGroup[]
  /** What exists, as `stack#Kind/id` to ARN or id: what placeholders resolve to before anything is created. */
  readonly identifiers: ReadonlyMap<string, string>
  /** Remarks for people, such as a resource that carries our name but not our ownership tags. */
  readonly remarks: readonly PlanRemark[]
}

export interface HeldStack {
  readonly stack: StackId
  readonly reason: string
}

export interface BridgedGroup {
  readonly stack: StackId
  /** Of the target group that takes its place. */
  readonly id: string
  readonly arn: string
  readonly spec: Pick<TargetGroup, 'name' | 'targetType' | 'ipAddressType'>
}

export interface PlanRemark {
  readonly stack: StackId
  readonly resource: ResourceKey
  readonly message: string
}

/** `stack#Kind/id`. */
export function identifierKey(stack: StackId, resource: ResourceKey): string {
  return `${stack}#${resource}`
}
