/** What becomes of the arguments of an ingress-nginx Deployment. */
import type { Finding } from '../base/finding.ts'
import { describeObject, originOf } from '../kube/meta.ts'
import type { FoundController } from '../dialects/nginx/controller-args.ts'
import { rowOf } from '../dialects/nginx/controller-flags.ts'
import { itemOf, reasonOf, verdictOf } from './item.ts'
import { judgeFinding } from './judge-finding.ts'
import type { Item, ObjectReport } from './migration-report.ts'

export function reportController({ workload, command, origin }: FoundController): ObjectReport {
  const items: Item[] = []
  const flawed = new Set<number>()
  for (const finding of command.findings) {
    items.push(remarkItem(finding))
    flawed.add(positionOf(finding))
  }
  for (const [name, position] of command.given) {
    if (flawed.has(position)) continue
    const { support, note } = rowOf(name)
    const value = command.options[name]
    items.push(
      itemOf(
        'same',
        `--${name}`,
        { ...origin, path: `${origin.path}[${position}]` },
        {
          value: Array.isArray(value) ? value.join(',') : String(value),
          why: support === 'cluster' ? `for the program in the cluster: ${note}` : '',
        },
      ),
    )
  }
  return {
    object: describeObject(workload),
    kind: workload.kind,
    namespace: workload.meta.namespace,
    name: workload.meta.name,
    origin: originOf(workload),
    verdict: verdictOf(items),
    items,
    remarks: [],
  }
}

function remarkItem(finding: Finding): Item {
  const kind = judgeFinding(finding)
  const subject = /--?[a-z][\w-]*/.exec(finding.message)?.[0] ?? 'arguments'
  return itemOf(kind === 'remark' ? 'differs' : kind, subject, finding.origin, { why: reasonOf(finding) })
}

function positionOf({ origin }: Finding): number {
  return Number(/\[(\d+)\]$/.exec(origin.path)?.[1] ?? -1)
}
