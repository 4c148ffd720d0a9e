/** Pods and the pod templates of workloads: only what simulated pods and selectors need. Source: CoreV1 PodSpec. */
import { optionalInt, optionalText, requiredSection, requiredText, reportMissing, section } from '../../base/decode.ts'
import { childOf } from '../../base/decode.ts'
import type { MapField } from '../../base/decode.ts'
import { closeMap, listOfMaps, listOfText, textRecord } from '../../base/decode-list.ts'
import type { KubeObject } from '../meta.ts'
import type { Container, Pod, PodTemplate } from '../objects.ts'
import { decodeConditions } from './conditions.ts'
import { ROOT_FIELDS } from './root-fields.ts'

const POD_FIELDS = (
  'volumes initContainers containers ephemeralContainers restartPolicy dnsPolicy dnsConfig ' +
  'terminationGracePeriodSeconds activeDeadlineSeconds nodeSelector serviceAccountName serviceAccount ' +
  'automountServiceAccountToken nodeName hostNetwork hostPID hostIPC shareProcessNamespace ' +
  'securityContext imagePullSecrets hostname subdomain affinity schedulerName tolerations ' +
  'hostAliases priorityClassName priority readinessGates runtimeClassName enableServiceLinks ' +
  'preemptionPolicy overhead topologySpreadConstraints setHostnameAsFQDN os hostUsers ' +
  'schedulingGates resourceClaims resources hostnameOverride workloadRef'
).split(' ')
const CONTAINER_FIELDS = (
  'name image command args workingDir ports envFrom env resources resizePolicy ' +
  'restartPolicy restartPolicyRules volumeMounts volumeDevices livenessProbe readinessProbe ' +
  'startupProbe lifecycle terminationMessagePath terminationMessagePolicy imagePullPolicy ' +
  'securityContext stdin stdinOnce tty'
).split(' ')
const PORT_FIELDS = ['name', 'hostPort', 'containerPort', 'protocol', 'hostIP']

/** Decodes a Pod. */
export function decodePod(root: MapField, base: Omit<KubeObject, 'kind'>): Pod {
  closeMap(root, ROOT_FIELDS, { containers: 'indent it below spec:' })
  const template = { labels: base.meta.labels, containers: decodePodSpec(root) }
  return { kind: 'Pod', ...base, template, ...decodePodPlace(root) }
}

/** Where a pod runs and how it is; only what is there. */
function decodePodPlace(root: MapField): Partial<Pod> {
  const spec = section(root, 'spec')
  const status = section(root, 'status')
  const nodeName = spec === undefined ? undefined : optionalText(spec, 'nodeName')
  const gates =
    spec === undefined ? [] : listOfMaps(spec, 'readinessGates', (map) => optionalText(map, 'conditionType') ?? null)
  const podIPs = status === undefined ? [] : listOfMaps(status, 'podIPs', (map) => optionalText(map, 'ip') ?? null)
  const conditions = status === undefined ? {} : decodeConditions(status)
  return {
    ...(nodeName === undefined || nodeName === '' ? {} : { nodeName }),
    ...(podIPs.length === 0 ? {} : { podIPs }),
    ...(gates.length === 0 ? {} : { readinessGates: gates }),
    ...(Object.keys(conditions).length === 0 ? {} : { conditions }),
  }
}

/** Decodes `template` of a workload: its labels and containers. */
export function decodePodTemplate(spec: MapField): PodTemplate {
  const template = requiredSection(spec, 'template')
  if (template === undefined) return { labels: {}, containers: [] }
  closeMap(template, ['metadata', 'spec'], { containers: 'indent it below spec:', labels: 'indent it below metadata:' })
  const metadata = section(template, 'metadata')
  return { labels: metadata === undefined ? {} : textRecord(metadata, 'labels'), containers: decodePodSpec(template) }
}

function decodePodSpec(parent: MapField): readonly Container[] {
  const spec = requiredSection(parent, 'spec')
  if (spec === undefined) return []
  closeMap(spec, POD_FIELDS)
  if (childOf(spec, 'containers') === undefined) reportMissing(spec, 'containers')
  return listOfMaps(spec, 'containers', decodeContainer)
}

function decodeContainer(map: MapField): Container {
  closeMap(map, CONTAINER_FIELDS, { containerPort: 'write it in a list below ports:' })
  return {
    name: requiredText(map, 'name') ?? '',
    image: optionalText(map, 'image') ?? '',
    args: listOfText(map, 'args'),
    ports: listOfMaps(map, 'ports', decodeContainerPort),
  }
}

function decodeContainerPort(map: MapField): Container['ports'][number] | null {
  closeMap(map, PORT_FIELDS, { port: 'a container has containerPort:', targetPort: 'a container has containerPort:' })
  const containerPort = optionalInt(map, 'containerPort', 1, 65_535)
  if (childOf(map, 'containerPort') === undefined) reportMissing(map, 'containerPort')
  const rest = { name: optionalText(map, 'name') ?? '', protocol: optionalText(map, 'protocol') ?? 'TCP' }
  return containerPort === undefined ? null : { containerPort, ...rest }
}
