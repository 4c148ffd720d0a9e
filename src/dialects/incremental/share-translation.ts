/** The same translation, made of the objects of the one before wherever they say the same: whoever compares sees at once. */
import type { RoutingModel } from '../../routing/model.ts'
import { isSameData } from '../../routing/model-delta.ts'
import type { Translation } from '../translation.ts'

export function shareTranslation(before: Translation | null, after: Translation): Translation {
  if (before === null) return after
  const old = before.model
  const { model } = after
  const hosts = shareList(old.routes.hosts, model.routes.hosts, ({ host }) => host)
  const backends = shareList(old.backends, model.backends, ({ id }) => id)
  const certificates = isSameData(old.certificates, model.certificates) ? old.certificates : model.certificates
  const routes = shareOne(old.routes, { ...model.routes, hosts })
  const shared: RoutingModel = {
    ...model,
    routes,
    backends,
    certificates,
    settings: shareOne(old.settings, model.settings),
  }
  return {
    ...after,
    model: shared,
    certificateRequests: shareOne(before.certificateRequests, after.certificateRequests),
  }
}

function shareOne<T>(before: T, after: T): T {
  return isSameData(before, after) ? before : after
}

function shareList<T>(before: readonly T[], after: readonly T[], keyOf: (entry: T) => string): readonly T[] {
  const known = new Map(before.map((entry) => [keyOf(entry), entry]))
  const shared = after.map((entry) => {
    const old = known.get(keyOf(entry))
    return old !== undefined && isSameData(old, entry) ? old : entry
  })
  return shared.length === before.length && shared.every((entry, index) => entry === before[index]) ? before : shared
}
