/** What becomes of the arguments of an ingress-nginx Deployment. */
import type { Finding } from '../base/finding.ts'
import { describeObject, originOf } from '../kube/meta.ts'
import type { FoundController } from '../dialects/nginx/controller-args.ts'
import { rowOf } from '../dialects/nginx/controller-flags.ts'
import type { FlagName } from '../dialects/nginx/flags/flag-table.ts'
import type { FindingsByPlace } from './findings-by-place.ts'
import { itemOf, reasonOf, verdictOf } from './item.ts'
import { judgeFinding } from './judge-finding.ts'
import type { Item, ObjectReport } from './migration-report.ts'

/** Flags that name objects, by the finding that the object is not there. */
const REFERENCES: Readonly<Record<string, FlagName>> = {
  CONFIG_MAP_NOT_FOUND: 'configmap',
  SECRET_NOT_FOUND: 'default-ssl-certificate',
  SERVICE_NOT_FOUND: 'default-backend-service',
}

/** Of the ConfigMaps of TCP and UDP services. */
function streamFlag({ code, message }: Finding): FlagName | undefined {
  if (code !== 'CONFIG_MAP_NOT_FOUND') return undefined
  const [, protocol] = /read (TCP|UDP) services from/.exec(message) ?? []
  return protocol === undefined ? undefined : protocol === 'TCP' ? 'tcp-services-configmap' : 'udp-services-configmap'
}

export function reportController(
  { workload, command, origin }: FoundController,
  findings: FindingsByPlace,
): ObjectReport {
  const items: Item[] = []
  const flawed = new Set<number>()
  for (const finding of findings.of(workload)) {
    const flag = streamFlag(finding) ?? REFERENCES[finding.code]
    if (flag === undefined) continue
    items.push(
      itemOf('absent', `--${flag}`, finding.origin, { value: String(command.options[flag]), why: reasonOf(finding) }),
    )
    flawed.add(command.given.get(flag) ?? -1)
  }
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
