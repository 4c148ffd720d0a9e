/**
 * Names the readiness gates of a pod that is about to be created: one for each target group that its address goes into. Asked
 * by the API server as a mutating webhook; whatever is wrong, the pod is created as it is.
 */
import { READINESS_GATE_PREFIX } from '../../aws/stack/readiness-gate.ts'
import type { Service } from '../../kube/objects.ts'
import { type AdmissionRequest, ALLOWED, fieldOf, type Verdict } from '../admission/admission-review.ts'

/** Names of target groups that hold addresses of pods, by Service (`namespace/name`). */
export type GatesByService = Readonly<Record<string, readonly string[]>>

export interface GateInjectionOptions {
  servicesOf(namespace: string): Iterable<Service>
  gates(): Promise<GatesByService>
}

/** @throws {Error} when the target groups cannot be known now: the pod is then created without gates */
export async function injectGates(request: AdmissionRequest, options: GateInjectionOptions): Promise<Verdict> {
  if (request.kind !== '/v1/Pod' || request.operation !== 'CREATE') return ALLOWED
  const labels = fieldOf(fieldOf(request.object, 'metadata'), 'labels')
  const services = [...options.servicesOf(request.namespace)].filter(({ spec }) => selects(spec.selector, labels))
  if (services.length === 0) return ALLOWED
  const gates = await options.gates()
  const written = fieldOf(fieldOf(request.object, 'spec'), 'readinessGates')
  const present = new Set(Array.isArray(written) ? written.map((gate) => fieldOf(gate, 'conditionType')) : [])
  const names = services.flatMap(({ meta }) => gates[`${meta.namespace}/${meta.name}`] ?? [])
  const missing = [...new Set(names)]
    .sort()
    .map((name) => ({ conditionType: `${READINESS_GATE_PREFIX}${name}` }))
    .filter(({ conditionType }) => !present.has(conditionType))
  if (missing.length === 0) return ALLOWED
  const patch =
    Array.isArray(written) && written.length > 0
      ? missing.map((value) => ({ op: 'add', path: '/spec/readinessGates/-', value }))
      : [{ op: 'add', path: '/spec/readinessGates', value: missing }]
  return { ...ALLOWED, patch }
}

/** A Service without a selector chooses no pods. */
function selects(selector: Readonly<Record<string, string>>, labels: unknown): boolean {
  const wanted = Object.entries(selector)
  return wanted.length > 0 && wanted.every(([name, value]) => fieldOf(labels, name) === value)
}
