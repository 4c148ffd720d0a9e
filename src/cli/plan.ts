/** `genkan plan`: what would be created, changed and deleted outside of the cluster, why, and at what it would stop. */
import { EMPTY_INVENTORY } from '../aws/stack/inventory.ts'
import { createPlanDocument } from '../aws/report/plan-document.ts'
import { compareFindings, hasSeverity } from '../base/finding.ts'
import { InventoryError } from '../controller/aws/read-inventory.ts'
import { planForAws } from '../controller/aws/offline-plan.ts'
import { buildAws } from '../dialects/aws/build-aws.ts'
import { lint } from '../dialects/lint/lint.ts'
import { mergeFindings } from '../dialects/lint/merge-findings.ts'
import type { Snapshot } from '../kube/snapshot.ts'
import { type AwsFlags, toAwsOptions } from './aws-flags.ts'
import { type CommandIo, EXIT_ERRORS, EXIT_OK, UsageError } from './io.ts'
import { formatReport } from './report/findings-report.ts'
import { formatPlan } from './report/plan-text.ts'
import { createLineReader } from './report/source-lines.ts'
import { readObjects } from './read-objects.ts'
import { isCluster, type SourceFlags } from './source-flags.ts'

export interface PlanFlags extends AwsFlags, SourceFlags {
  readonly provider: 'aws'
  readonly inventory?: string
  /** Compare with the account that the usual credentials open. */
  readonly diff?: boolean
  /** Empty = that of the cluster that is read. */
  readonly clusterUid: string
  readonly adopt: boolean
  readonly awsEndpoint: string
  readonly awsVpcId: string
  readonly format: 'text' | 'json'
}

/**
 * @returns 0 when no finding is an error, else 1; the plan of everything else is printed all the same
 * @throws {UsageError} when flags do not fit together or the inventory cannot be read
 */
export async function runPlan(paths: readonly string[], flags: PlanFlags, io: CommandIo): Promise<number> {
  const options = toAwsOptions(flags)
  if (flags.diff === true && flags.inventory !== undefined) {
    throw new UsageError(
      'Cannot plan: --inventory is for planning without an account, --diff reads one; give one of them',
    )
  }
  if (flags.diff === true && flags.clusterUid === '' && !isCluster(flags)) {
    throw new UsageError(
      'Cannot compare with the account: what is ours there is marked with the UID of the namespace kube-system, which ' +
        'files do not tell; give --cluster-uid UID, or read the cluster with --cluster',
    )
  }
  const read = await readObjects('plan', paths, flags, io, (snapshot) => {
    buildAws(snapshot, { ...options, inventory: EMPTY_INVENTORY, nowMs: Date.now() })
  })
  const planned = await planForAws({
    snapshot: read.snapshot,
    options,
    region: flags.awsRegion ?? '',
    usualRegion: io.env['AWS_REGION'] ?? '',
    clusterUid: flags.diff === true ? clusterUidOf(flags, read.snapshot) : '',
    adopts: flags.adopt,
    endpoint: flags.awsEndpoint,
    vpcId: flags.awsVpcId,
    ...(flags.inventory === undefined ? {} : { inventoryFile: flags.inventory }),
    comparesWithAccount: flags.diff === true,
    problem: (message) => io.stderr.write(`${message}\n`),
  }).catch((error: unknown) => {
    if (error instanceof InventoryError) throw new UsageError(error.message)
    throw error
  })
  const checks = mergeFindings([...read.findings, ...planned.findings], lint(read.snapshot))
  const findings = [...checks].sort(compareFindings)
  const document = createPlanDocument({ ...planned, clusterName: options.clusterName, findings })
  if (flags.format === 'json') io.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
  else {
    io.stdout.write(formatPlan(document))
    const told = findings.filter(({ severity }) => severity !== 'info')
    if (told.length > 0) {
      const fileCount = isCluster(flags) ? null : read.files.length
      io.stdout.write(
        `\n${formatReport(told, { format: 'text', fileCount, readLine: createLineReader(read.files) }, io)}`,
      )
    }
  }
  return hasSeverity(findings, 'error') ? EXIT_ERRORS : EXIT_OK
}

/** @throws {UsageError} when the cluster does not tell its own */
function clusterUidOf({ clusterUid }: PlanFlags, snapshot: Snapshot): string {
  if (clusterUid !== '') return clusterUid
  const uid = snapshot.namespaces.find(({ meta }) => meta.name === 'kube-system')?.meta.uid ?? ''
  if (uid !== '') return uid
  throw new UsageError(
    'Cannot compare with the account: what is ours there is marked with the UID of the namespace kube-system, which ' +
      'could not be read (with --namespace no namespaces are listed); give --cluster-uid UID',
  )
}
