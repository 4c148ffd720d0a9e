/** Annotations without effect: those for a backend that no path of the Ingress has, and a plan that another one wrote. */
import { originOfKey } from '../../../../kube/meta.ts'
import type { Ingress, IngressBackend } from '../../../../kube/objects.ts'
import type { Report } from '../../../report.ts'
import type { AnnotationReader } from '../../annotation-reader.ts'
import { USE_ANNOTATION } from './backend.ts'

const FAMILIES = ['actions', 'conditions', 'transforms'] as const

/** Raises ACTION_UNUSED, ANNOTATION_UNSUPPORTED. */
export function remarkUnused(ingress: Ingress, reader: AnnotationReader, report: Report): void {
  const { defaultBackend, rules } = ingress.spec
  const ofPaths = rules.flatMap(({ paths }) => paths.map(({ backend }) => backend))
  const all = defaultBackend === undefined ? ofPaths : [...ofPaths, defaultBackend]
  const used = {
    actions: namesOf(all, true),
    // They belong to rules, which a default backend is not.
    conditions: namesOf(ofPaths, false),
    transforms: namesOf(ofPaths, false),
  }
  const plan = reader.fullName('dry-run-plan')
  if (ingress.meta.annotations[plan] !== undefined) {
    const message = `Annotation ${plan} has no effect: the AWS Load Balancer Controller writes its plan there by itself, and nothing acts by it; ask genkan plan instead, and remove it`
    report('ANNOTATION_UNSUPPORTED', message, originOfKey(ingress, 'metadata', 'annotations', plan), 'info')
  }
  for (const family of FAMILIES) {
    const prefix = reader.fullName(`${family}.`)
    for (const key of Object.keys(ingress.meta.annotations)) {
      const name = key.slice(prefix.length)
      if (!key.startsWith(prefix) || name === '' || used[family].has(name)) continue
      const wanted =
        family === 'actions'
          ? `give a path the backend ${name} with the port name ${USE_ANNOTATION}, or remove it`
          : `name it after the backend of a path, or remove it`
      const thing = family === 'actions' ? `action ${name}` : `${family} of ${name}`
      const message = `Cannot apply the ${thing}: no path of the Ingress uses it; ${wanted}`
      report('ACTION_UNUSED', message, originOfKey(ingress, 'metadata', 'annotations', key))
    }
  }
}

function namesOf(backends: readonly IngressBackend[], isAction: boolean): ReadonlySet<string> {
  const names = new Set<string>()
  for (const backend of backends) {
    if (backend.kind !== 'service') continue
    const usesAnnotation = backend.port.kind === 'name' && backend.port.name === USE_ANNOTATION
    if (usesAnnotation || !isAction) names.add(backend.name)
  }
  return names
}
