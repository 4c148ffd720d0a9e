/**
 * Registers or takes out many targets, and finds the few that AWS refuses: one bad target makes AWS refuse the whole call, so
 * a refused batch is halved until the bad ones stand alone. The others must not wait for them.
 */
import type { Target } from '../../stack/target.ts'
import { AwsError } from '../aws-api.ts'
import { kindOfError } from '../execute/retry-policy.ts'
import { BATCH, type TargetStore } from './target-store.ts'

export interface BatchReport {
  /** What AWS accepted. */
  readonly done: readonly Target[]
  readonly refused: readonly { readonly target: Target; readonly error: AwsError }[]
}

/** The pool is full: trying its targets one by one would find nothing but that. */
const FULL = /^(?:TooMany|LoadBalancerNotFound$|TargetGroupNotFound$|AccessPointNotFound$)/

/**
 * @param onDone called for each batch as soon as AWS accepted it
 * @throws {AwsError} for what is wrong with the pool or with AWS, not with a target; batches before it stand
 */
export async function registerBatches(
  store: TargetStore,
  targets: readonly Target[],
  onDone: (targets: readonly Target[]) => void,
): Promise<BatchReport> {
  return inBatches(targets, (batch) => store.register(batch), onDone, true)
}

/** Like {@link registerBatches}; a target that AWS does not know counts as taken out. */
export async function deregisterBatches(
  store: TargetStore,
  targets: readonly Target[],
  onDone: (targets: readonly Target[]) => void,
): Promise<BatchReport> {
  const report = await inBatches(targets, (batch) => store.deregister(batch), onDone, false)
  const unknown = report.refused.filter(({ error }) => isUnknownTarget(error)).map(({ target }) => target)
  if (unknown.length > 0) onDone(unknown)
  return {
    done: [...report.done, ...unknown],
    refused: report.refused.filter(({ error }) => !isUnknownTarget(error)),
  }
}

async function inBatches(
  targets: readonly Target[],
  call: (targets: readonly Target[]) => Promise<void>,
  onDone: (targets: readonly Target[]) => void,
  mayDropZone: boolean,
): Promise<BatchReport> {
  const done: Target[] = []
  const refused: { target: Target; error: AwsError }[] = []
  const open: (readonly Target[])[] = []
  for (let start = 0; start < targets.length; start += BATCH) open.push(targets.slice(start, start + BATCH))
  for (let batch = open.shift(); batch !== undefined; batch = open.shift()) {
    try {
      await call(batch)
      done.push(...batch)
      onDone(batch)
    } catch (error) {
      if (!(error instanceof AwsError) || !isAboutTargets(error)) throw error
      const [only] = batch
      if (batch.length > 1) {
        const middle = Math.ceil(batch.length / 2)
        open.unshift(batch.slice(0, middle), batch.slice(middle))
      } else if (
        only !== undefined &&
        mayDropZone &&
        only.availabilityZone !== undefined &&
        /zone/i.test(error.message)
      ) {
        const { availabilityZone: _, ...plain } = only
        open.unshift([plain])
      } else if (only !== undefined) refused.push({ target: only, error })
    }
  }
  return { done, refused }
}

function isAboutTargets(error: AwsError): boolean {
  if (FULL.test(error.code)) return false
  const kind = kindOfError(error)
  return kind === 'refused' || kind === 'absent'
}

function isUnknownTarget(error: AwsError): boolean {
  return /^(?:InvalidTarget|InvalidInstance|InvalidEndPoint)$/.test(error.code)
}
