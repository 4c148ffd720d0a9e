/**
 * The one door to AWS: every call that the driver can make is in `aws-actions.ts`, and nothing else is. The real
 * thing behind it is the AWS SDK, loaded when the provider is switched on.
 */
import type * as Acm from '@aws-sdk/client-acm'
import type * as Ec2 from '@aws-sdk/client-ec2'
import type * as Classic from '@aws-sdk/client-elastic-load-balancing'
import type * as Elb from '@aws-sdk/client-elastic-load-balancing-v2'
import type * as Tagging from '@aws-sdk/client-resource-groups-tagging-api'
import type * as Shield from '@aws-sdk/client-shield'
import type * as Waf from '@aws-sdk/client-wafv2'
import type { AwsAction, AwsService } from './aws-actions.ts'

export type { AwsAction } from './aws-actions.ts'

/** The SDK's module of each service. */
interface Modules {
  readonly elbv2: typeof Elb
  readonly elb: typeof Classic
  readonly ec2: typeof Ec2
  readonly acm: typeof Acm
  readonly wafv2: typeof Waf
  readonly shield: typeof Shield
  readonly tagging: typeof Tagging
}

/** What a command of the SDK takes and gives. Those whose fields are all optional may be made without an input. */
type CallOf<Command> = Command extends new (...parameters: infer Parameters extends readonly unknown[]) => {
  resolveMiddleware: (...args: never[]) => (...args: never[]) => Promise<{ readonly output: infer Output }>
}
  ? { readonly input: Exclude<Parameters, []>[0]; readonly output: Output }
  : never

type CommandOf<Module, Name extends string> = `${Name}Command` extends keyof Module ? Module[`${Name}Command`] : never

/** Input and output of each action, by `service:Action`. */
export type AwsCalls = {
  readonly [Action in AwsAction]: Action extends `${infer Service extends AwsService}:${infer Name}`
    ? CallOf<CommandOf<Modules[Service], Name>>
    : never
}

/** True for calls that change nothing. */
export function isReadOnly(action: AwsAction): boolean {
  return /:(?:Describe|List|Get)/.test(action)
}

export interface AwsApi {
  /**
   * Makes one call; pages are the caller's business.
   *
   * @throws {AwsError} with AWS's own code, such as `ListenerNotFound` (without "Exception")
   */
  call<A extends AwsAction>(
    action: A,
    input: AwsCalls[A]['input'],
    signal?: AbortSignal,
  ): Promise<Omit<AwsCalls[A]['output'], '$metadata'>>
}

/** What AWS refused, or that it could not be reached (`code` is then `Unreachable`). */
export class AwsError extends Error {
  readonly code: string
  readonly action: AwsAction
  /** 0 when no answer came. */
  readonly status: number

  constructor(action: AwsAction, code: string, message: string, status = 0) {
    super(message)
    this.name = 'AwsError'
    this.action = action
    this.code = code
    this.status = status
  }
}
