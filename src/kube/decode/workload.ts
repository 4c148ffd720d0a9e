/** Deployment, StatefulSet, DaemonSet and ReplicaSet in every version they had. Source: AppsV1. */
import { childOf, optionalInt, report, reportMissing, requiredSection, section } from '../../base/decode.ts'
import type { MapField } from '../../base/decode.ts'
import { closeMap, textRecord } from '../../base/decode-list.ts'
import type { KubeObject } from '../meta.ts'
import type { PodTemplate, Workload } from '../objects.ts'
import { decodePodTemplate } from './pod.ts'
import { ROOT_FIELDS } from './root-fields.ts'

const COMMON = ['selector', 'template', 'minReadySeconds', 'revisionHistoryLimit']
const SPEC_FIELDS = {
  Deployment: [...COMMON, 'replicas', 'strategy', 'paused', 'progressDeadlineSeconds', 'rollbackTo'],
  StatefulSet: [
    ...COMMON,
    'replicas',
    'volumeClaimTemplates',
    'serviceName',
    'podManagementPolicy',
    'updateStrategy',
    'persistentVolumeClaimRetentionPolicy',
    'ordinals',
  ],
  DaemonSet: [...COMMON, 'updateStrategy', 'templateGeneration'],
  ReplicaSet: [...COMMON, 'replicas'],
} as const satisfies Record<Workload['kind'], readonly string[]>

/** Replicas beyond this are a slip of the keyboard; a simulator must not try them. */
const MAX_REPLICAS = 1_000_000

/** Decodes a workload. `apps/v1` demands a selector that its own template satisfies; older versions derive it. */
export function decodeWorkload(
  root: MapField,
  base: Omit<KubeObject, 'kind'>,
  kind: Workload['kind'],
  isLegacy: boolean,
): Workload {
  closeMap(root, ROOT_FIELDS, { template: 'indent it below spec:', replicas: 'indent it below spec:' })
  const spec = requiredSection(root, 'spec')
  if (spec === undefined) return { kind, ...base, replicas: 1, template: { labels: {}, containers: [] } }
  closeMap(spec, SPEC_FIELDS[kind], { containers: 'write it below template: and spec:' })
  const template = decodePodTemplate(spec)
  if (!isLegacy && childOf(spec, 'selector') === undefined) reportMissing(spec, 'selector')
  checkSelector(spec, template)
  const replicas = kind === 'DaemonSet' ? 1 : (optionalInt(spec, 'replicas', 0, MAX_REPLICAS) ?? 1)
  return { kind, ...base, replicas, template }
}

function checkSelector(spec: MapField, template: PodTemplate): void {
  const selector = section(spec, 'selector')
  if (selector === undefined) return
  closeMap(selector, ['matchLabels', 'matchExpressions'])
  for (const [name, value] of Object.entries(textRecord(selector, 'matchLabels'))) {
    const label = Object.hasOwn(template.labels, name) ? template.labels[name] : undefined
    if (label === value) continue
    const field = { path: [...selector.path, 'matchLabels', name], log: spec.log }
    const found = label === undefined ? 'lacks the label' : `has ${JSON.stringify(label)}`
    report(
      field,
      'FIELD_VALUE',
      `the pod template ${found}; the API server refuses a selector that its pods do not match`,
    )
  }
}
