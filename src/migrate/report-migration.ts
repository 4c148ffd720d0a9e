/** From manifests to the report that an operator takes to a change meeting. Pure; never throws on what users wrote. */
import { compareText, type Finding } from '../base/finding.ts'
import { describeObject, originOf, type KubeObject } from '../kube/meta.ts'
import type { ConfigMap, Ingress, IngressClass } from '../kube/objects.ts'
import type { Snapshot } from '../kube/snapshot.ts'
import { selectIngresses } from '../dialects/ingress/class.ts'
import {
  type ControllerArgs,
  findControllers,
  type FoundController,
  readControllerArgs,
} from '../dialects/nginx/controller-args.ts'
import type { TranslateOptions } from '../dialects/translation.ts'
import { reportConfigMap } from './config-map-report.ts'
import { reportController } from './controller-report.ts'
import { type FindingsByPlace, groupFindings } from './findings-by-place.ts'
import { GENERAL_DIFFERENCES } from './general-differences.ts'
import { reportIngress } from './ingress-report.ts'
import { itemOf } from './item.ts'
import {
  type ItemKind,
  type MigrationReport,
  type NamespaceCount,
  type ObjectReport,
  type Untouched,
  type Verdict,
  VERDICTS,
} from './migration-report.ts'
import { reportSecrets } from './referred-secrets.ts'

export interface MigrationSource {
  readonly snapshot: Snapshot
  /** Of reading the manifests and of translating them with the same options. */
  readonly findings: readonly Finding[]
  readonly options: TranslateOptions
}

const ITEM_KINDS: readonly ItemKind[] = ['same', 'differs', 'refused', 'idle', 'absent']

export function reportMigration({ snapshot, findings, options }: MigrationSource): MigrationReport {
  const args = readControllerArgs(snapshot, options, () => {})
  const controllers = findControllers(snapshot)
  const places = groupFindings(findings)
  const choice = { classes: options.classes, controllers: args.controllers }
  const selected = selectIngresses(snapshot, choice, () => {})
  const served = selected.filter(({ personality }) => personality.name === 'nginx').map(({ ingress }) => ingress)
  const prefix = `${args.annotationsPrefix}/`
  const objects = [
    ...served.map((ingress) => reportIngress(ingress, prefix, places)),
    ...reportClasses(snapshot, served, controllers),
    ...controllers.map((controller) => reportController(controller, places)),
    ...reportConfigMaps(snapshot, args, places),
    ...reportSecrets(snapshot, served, prefix, args.defaultCertificate.value, places),
  ].sort(compareReports)
  const others = selected.filter(({ personality }) => personality.name !== 'nginx')
  const known: readonly KubeObject[] = [
    ...snapshot.ingresses,
    ...snapshot.ingressClasses,
    ...snapshot.services,
    ...snapshot.endpointSlices,
    ...snapshot.secrets,
    ...snapshot.configMaps,
    ...snapshot.namespaces,
    ...snapshot.pods,
    ...snapshot.workloads,
  ]
  return {
    from: 'ingress-nginx',
    summary: summarize(objects),
    namespaces: countNamespaces(objects),
    general: GENERAL_DIFFERENCES,
    objects,
    untouched: [
      ...others.map(({ ingress, personality }) => ({
        object: describeObject(ingress),
        why: `It belongs to another controller (${personality.name}).`,
        origin: originOf(ingress),
      })),
      ...unserved(
        snapshot.ingresses,
        selected.map(({ ingress }) => ingress),
        places,
      ),
    ],
    unread: places
      .others(known)
      .filter(({ severity, origin }) => severity !== 'info' && origin.object !== 'command line'),
  }
}

function unserved(all: readonly Ingress[], served: readonly Ingress[], places: FindingsByPlace): readonly Untouched[] {
  const known = new Set(served)
  return all
    .filter((ingress) => !known.has(ingress))
    .map((ingress) => {
      const finding = places.of(ingress).find(({ code }) => code.startsWith('INGRESS_'))
      const why = finding === undefined ? 'No controller among the manifests serves it.' : `${finding.message}.`
      return { object: describeObject(ingress), why, origin: originOf(ingress) }
    })
}

/** Classes that name ingress-nginx's controller, and those that a served Ingress has. */
function reportClasses(
  { ingressClasses }: Snapshot,
  served: readonly Ingress[],
  controllers: readonly FoundController[],
): readonly ObjectReport[] {
  const names = new Set(served.map(({ spec }) => spec.ingressClassName))
  const classes = new Set([
    'k8s.io/ingress-nginx',
    ...controllers.map(({ command }) => command.options['controller-class']),
  ])
  return ingressClasses
    .filter(({ meta, controller }) => names.has(meta.name) || classes.has(controller))
    .map((ingressClass) => reportClass(ingressClass))
}

function reportClass(ingressClass: IngressClass): ObjectReport {
  const { meta, controller } = ingressClass
  const origin = originOf(ingressClass)
  return {
    object: describeObject(ingressClass),
    kind: ingressClass.kind,
    namespace: '',
    name: meta.name,
    origin,
    verdict: 'unchanged',
    items: [itemOf('same', 'spec.controller', originOf(ingressClass, 'spec', 'controller'), { value: controller })],
    remarks: [],
  }
}

function reportConfigMaps(snapshot: Snapshot, args: ControllerArgs, places: FindingsByPlace): readonly ObjectReport[] {
  const roles = [
    [args.configMap, 'settings'],
    [args.tcpServices, 'TCP services'],
    [args.udpServices, 'UDP services'],
  ] as const
  return roles.flatMap(([{ value }, role]) => {
    const [namespace = '', name = ''] = value.split('/')
    const configMap: ConfigMap | undefined = snapshot.configMap(namespace, name)
    return configMap === undefined ? [] : [reportConfigMap(configMap, role, places)]
  })
}

function summarize(objects: readonly ObjectReport[]): MigrationReport['summary'] {
  const items = Object.fromEntries(
    ITEM_KINDS.map((kind) => [
      kind,
      objects.flatMap((object) => object.items).filter((item) => item.kind === kind).length,
    ]),
  ) as Record<ItemKind, number>
  const verdicts = countVerdicts(objects)
  return { objects: objects.length, verdicts, items, canMove: verdicts.edit === 0 && verdicts.blocked === 0 }
}

function countVerdicts(objects: readonly ObjectReport[]): Readonly<Record<Verdict, number>> {
  return Object.fromEntries(
    VERDICTS.map((verdict) => [verdict, objects.filter((object) => object.verdict === verdict).length]),
  ) as Record<Verdict, number>
}

function countNamespaces(objects: readonly ObjectReport[]): readonly NamespaceCount[] {
  const names = [...new Set(objects.map((object) => object.namespace))].sort(compareText)
  return names.map((namespace) => {
    const own = objects.filter((object) => object.namespace === namespace)
    return { namespace, objects: own.length, verdicts: countVerdicts(own) }
  })
}

function compareReports(a: ObjectReport, b: ObjectReport): number {
  return (
    VERDICTS.indexOf(b.verdict) - VERDICTS.indexOf(a.verdict) ||
    compareText(a.kind, b.kind) ||
    compareText(a.namespace, b.namespace) ||
    compareText(a.name, b.name)
  )
}
