/** Which Ingresses become load balancers, and the parameters of their class (IngressClassParams of elbv2.k8s.aws). */
import { describeObject, originOf } from '../../../kube/meta.ts'
import { matchesSelectorSpec } from '../../../kube/label-selector.ts'
import type { Ingress, IngressClass, IngressClassParams } from '../../../kube/objects.ts'
import type { Snapshot } from '../../../kube/snapshot.ts'
import type { Report } from '../../report.ts'
import type { AwsOptions } from '../options.ts'

export const ALB_CONTROLLER = 'ingress.k8s.aws/alb'

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class'
const ALB_PREFIX = 'alb.ingress.kubernetes.io/'
const PARAMS_KIND = 'IngressClassParams'

export interface SelectedIngress {
  readonly ingress: Ingress
  readonly params: IngressClassParams | null
}

export interface Selection {
  /** In the Snapshot's order. */
  readonly selected: readonly SelectedIngress[]
  /** Ours by class, but what their class asks for is not there or does not take them: nothing is built, a finding says why. */
  readonly skipped: readonly Ingress[]
}

/** Ingresses that are being deleted are no longer selected. */
export function selectIngresses(
  snapshot: Snapshot,
  options: Pick<AwsOptions, 'ingressClass' | 'watchNamespace'>,
  report: Report,
): Selection {
  const defaults = snapshot.ingressClasses
    .filter((ingressClass) => ingressClass.isDefault)
    .toSorted((a, b) => (a.meta.name < b.meta.name ? -1 : 1))
  const selected: SelectedIngress[] = []
  const skipped: Ingress[] = []
  for (const ingress of snapshot.ingresses) {
    if (ingress.meta.deletionTimestamp !== undefined) continue
    if (options.watchNamespace !== '' && ingress.meta.namespace !== options.watchNamespace) continue
    const choice = classOf(ingress, snapshot, options.ingressClass, defaults, report)
    if (choice === 'other') continue
    const params = choice === 'unknown' ? 'unusable' : paramsOf(choice, ingress, snapshot, report)
    if (params === 'unusable') skipped.push(ingress)
    else selected.push({ ingress, params })
  }
  return { selected, skipped }
}

/** An IngressClass; `named` for ours without one; `unknown` where it is open whether it is ours. */
type ClassChoice = IngressClass | 'named' | 'unknown' | 'other'

function classOf(
  ingress: Ingress,
  snapshot: Snapshot,
  ourClass: string,
  defaults: readonly IngressClass[],
  report: Report,
): ClassChoice {
  const annotation = ingress.meta.annotations[CLASS_ANNOTATION] ?? ''
  const field = ingress.spec.ingressClassName ?? ''
  const named = ourClass === '' ? 'alb' : ourClass
  if (annotation !== '') {
    // The controller of before looks at the annotation first, and knows no parameters for it.
    const choice = annotation === named ? 'named' : oursOf(snapshot.ingressClass(annotation))
    if (choice !== 'other' && field !== '' && field !== annotation) {
      const message = `Cannot use spec.ingressClassName "${field}" of ${describeObject(ingress)}: the annotation ${CLASS_ANNOTATION} is "${annotation}", which wins for load balancers of AWS; write one of them`
      report('INGRESS_CLASS_CONFLICT', message, originOf(ingress, 'spec', 'ingressClassName'))
    }
    return choice
  }
  if (field !== '') {
    const ingressClass = snapshot.ingressClass(field)
    if (ingressClass === undefined && field !== named) {
      if (!isHeldByUs(ingress)) return 'other'
      const message = `Cannot tell whether ${describeObject(ingress)} is still ours: its class is ${field}, and no IngressClass has that name; what it had stays, until the class is there again or another one is named`
      report('INGRESS_CLASS_UNSERVED', message, originOf(ingress, 'spec', 'ingressClassName'), 'error')
      return 'unknown'
    }
    if (ingressClass === undefined) return 'named'
    return oursOf(ingressClass)
  }
  const [first, second] = defaults
  if (first !== undefined && second !== undefined) {
    if (!defaults.some((one) => one.controller === ALB_CONTROLLER)) return 'other'
    const names = defaults.map(({ meta }) => meta.name).join(', ')
    const message = `Cannot tell the class of ${describeObject(ingress)}: it names none, and several are marked as default (${names}); write spec.ingressClassName or mark one class only`
    report('INGRESS_CLASS_DEFAULTS', message, originOf(ingress, 'spec'))
    return 'unknown'
  }
  if (first !== undefined) return oursOf(first)
  if (ourClass === '') return 'named'
  const key = Object.keys(ingress.meta.annotations).find((name) => name.startsWith(ALB_PREFIX))
  if (key !== undefined) {
    const message = `Cannot serve ${describeObject(ingress)}: it has annotations of a load balancer (${key}) but no class, and no IngressClass is the default; write spec.ingressClassName: ${named}`
    report('INGRESS_CLASS_UNSERVED', message, originOf(ingress, 'spec'))
  }
  return 'other'
}

/** Carries a finalizer of load balancers from Ingresses. */
function isHeldByUs({ meta }: Ingress): boolean {
  return (meta.finalizers ?? []).some(
    (name) => name === 'ingress.k8s.aws/resources' || name.startsWith('group.ingress.k8s.aws/'),
  )
}

function oursOf(ingressClass: IngressClass | undefined): IngressClass | 'other' {
  return ingressClass?.controller === ALB_CONTROLLER ? ingressClass : 'other'
}

function paramsOf(
  choice: IngressClass | 'named',
  ingress: Ingress,
  snapshot: Snapshot,
  report: Report,
): IngressClassParams | null | 'unusable' {
  if (choice === 'named' || choice.parameters === undefined) return null
  const { kind, name } = choice.parameters
  const subject = `Cannot build a load balancer for ${describeObject(ingress)}`
  const params = kind === PARAMS_KIND ? snapshot.ingressClassParams.find(({ meta }) => meta.name === name) : undefined
  if (params === undefined) {
    const state =
      kind === PARAMS_KIND ? `the ${PARAMS_KIND} ${name} does not exist` : `its parameters are of the kind ${kind}`
    const message = `${subject}: its class is ${choice.meta.name}, and ${state}; accepted is an existing ${PARAMS_KIND}`
    report('AWS_CLASS_PARAMS', message, originOf(choice, 'spec', 'parameters'))
    // Once more where its owner looks.
    report('AWS_CLASS_PARAMS', message, originOf(ingress, 'spec', 'ingressClassName'))
    return 'unusable'
  }
  const selector = params.spec.namespaceSelector
  if (selector === undefined) return params
  const namespace = snapshot.namespaces.find(({ meta }) => meta.name === ingress.meta.namespace)
  if (matchesSelectorSpec(selector, namespace?.meta.labels ?? {})) return params
  const message = `${subject}: the namespaceSelector of ${describeObject(params)} does not select the namespace ${ingress.meta.namespace}; label the namespace as it asks or use another class`
  report('AWS_CLASS_PARAMS', message, originOf(ingress, 'spec', 'ingressClassName'))
  return 'unusable'
}
