import type { Finding } from '../../base/finding.ts'
import { remark } from '../../base/remark.ts'
import { originOf } from '../../kube/meta.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import type { SimulatedPod } from './plan.ts'

/** One remark for each Service whose pods are simulated: nobody should take an echo for the application. */
export function remarkSimulated(snapshot: Snapshot, plan: readonly SimulatedPod[]): readonly Finding[] {
  const counts = new Map<string, number>()
  for (const { namespace, service } of plan) {
    const name = `${namespace}/${service}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return snapshot.services.flatMap((service) => {
    const name = `${service.meta.namespace}/${service.meta.name}`
    const count = counts.get(name)
    if (count === undefined) return []
    const pods = count === 1 ? 'its pod is an echo server' : `its ${count} pods are echo servers`
    const message = `Service ${name} is simulated: ${pods} in this process; give --backend ${name}=HOST:PORT for a real one`
    return [remark('SERVICE_SIMULATED', originOf(service), message)]
  })
}
