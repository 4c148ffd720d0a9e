/**
 * From a followed cluster to AWS stacks: the Snapshot with the Secrets that it refers to, and who the targets are. Endpoint
 * changes make no new stacks.
 */
import type { Inventory } from '../../aws/stack/inventory.ts'
import type { TargetGroup } from '../../aws/stack/model.ts'
import type { ResolvedTargets } from '../../aws/stack/target.ts'
import { compareFindings, type Finding } from '../../base/finding.ts'
import { checkAnnotations } from '../../dialects/annotations/check-annotations.ts'
import { buildAws } from '../../dialects/aws/build-aws.ts'
import type { AwsOptions, AwsTranslation } from '../../dialects/aws/options.ts'
import { resolveTargets } from '../../dialects/aws/targets/resolve-targets.ts'
import { mergeFindings } from '../../dialects/lint/merge-findings.ts'
import { createFindingLog } from '../../dialects/report.ts'
import { describeObject } from '../../kube/meta.ts'
import { createSnapshot, type Snapshot } from '../../kube/snapshot.ts'
import { trackReferences } from '../../kube/tracked-snapshot.ts'
import type { KindsSource } from '../../sources/cluster/kinds-source.ts'

export interface AwsView {
  readonly snapshot: Snapshot
  readonly translation: AwsTranslation
  /** Of reading and translating, sorted. */
  readonly findings: readonly Finding[]
}

/** Secrets that objects refer to are waited for so long before stacks are made without them. */
const REFERENCES_MS = 5000

/** Reads what is referred to and was not here, and translates again, until nothing is missing. */
export async function viewCluster(
  source: KindsSource,
  options: Omit<AwsOptions, 'inventory' | 'nowMs'>,
  inventory: Inventory,
): Promise<AwsView> {
  const endsAtMs = performance.now() + REFERENCES_MS
  for (;;) {
    const snapshot = createSnapshot(source.objects)
    const tracked = trackReferences(snapshot)
    const translation = buildAws(tracked.snapshot, { ...options, inventory, nowMs: Date.now() })
    const isComplete = source.want(tracked.secrets, tracked.configMaps)
    const leftMs = endsAtMs - performance.now()
    if (isComplete || leftMs <= 0) {
      const members = [...snapshot.ingresses, ...snapshot.services].filter((object) =>
        translation.stackOf.has(describeObject(object)),
      )
      const read = [...source.findings, ...translation.findings]
      // Names that nobody knows are read by nobody: the translation says nothing of them.
      const findings = mergeFindings(read, members.flatMap(checkAnnotations)).toSorted(compareFindings)
      return { snapshot, translation, findings }
    }
    await Promise.race([source.settled(), new Promise((resolve) => setTimeout(resolve, leftMs).unref())])
  }
}

/** Who is behind a target group now, with what is to be said about it. */
export function targetsNow(
  group: TargetGroup,
  snapshot: Snapshot,
  inventory: Inventory,
): { readonly resolved: ResolvedTargets; readonly findings: readonly Finding[] } {
  const log = createFindingLog()
  const resolved = resolveTargets(group, { snapshot, inventory, report: log.report })
  return { resolved, findings: log.findings }
}
