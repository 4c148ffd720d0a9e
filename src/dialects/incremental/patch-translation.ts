/**
 * Puts what a part of the Ingresses became into the translation of all of them. The part was translated twice, with the
 * objects before and after; only their difference is taken over, and only where the part before is found in the whole as it
 * is. So a dependence that nobody thought of is noticed, and everything is translated instead.
 */
import { compareFindings, compareText, type Finding } from '../../base/finding.ts'
import type { Ingress } from '../../kube/objects.ts'
import { compareAge } from '../../kube/snapshot.ts'
import type { Backend, CertificateTable } from '../../routing/model.ts'
import { isSameData } from '../../routing/model-delta.ts'
import type { Translation } from '../translation.ts'
import { patchList, placeOf } from './patch-list.ts'

/** What is the part's own. */
export interface Owned {
  /** Names of its Ingresses and of the objects that changed, as findings have them. */
  readonly objects: ReadonlySet<string>
  /** Beginnings of the ids of backends that nobody else uses. */
  readonly backends: ReadonlySet<string>
}

export function patchTranslation(
  whole: Translation,
  before: Translation,
  after: Translation,
  owned: Owned,
): Translation | null {
  const { routes, backends: _, certificates: __, ...others } = after.model
  const { routes: oldRoutes, backends: ___, certificates: ____, ...oldOthers } = before.model
  const { hosts, ...routeFields } = routes
  const { hosts: oldHosts, ...oldRouteFields } = oldRoutes
  if (!isSameData(others, oldOthers) || !isSameData(routeFields, oldRouteFields)) return null
  // What unknown hosts get depends on all Ingresses; so does what is passed through.
  if (!isSameData(routes.fallback, whole.model.routes.fallback) || routes.passthrough !== undefined) return null
  const newHosts = patchList(whole.model.routes.hosts, oldHosts, hosts, {
    keyOf: ({ host }) => host,
    compare: compareText,
  })
  const newBackends = patchBackends(whole.model.backends, before.model.backends, after.model.backends, owned.backends)
  const certificates = patchCertificates(whole, before, after)
  const findings = patchFindings(whole.findings, before.findings, after.findings, owned.objects)
  const served = patchServed(whole.served, before.served, after.served)
  if (newHosts === null || newBackends === null || certificates === null || findings === null || served === null)
    return null
  return {
    model: {
      ...whole.model,
      routes: newHosts === whole.model.routes.hosts ? whole.model.routes : { ...whole.model.routes, hosts: newHosts },
      backends: newBackends,
      certificates: certificates.table,
    },
    certificateRequests: certificates.requests,
    findings,
    served,
  }
}

/** Of services of TCP and UDP: at the end of the list, and nothing that an Ingress could change. */
export const OF_STREAMS = /^(?:tcp|udp):/

function patchBackends(
  whole: readonly Backend[],
  before: readonly Backend[],
  after: readonly Backend[],
  owned: ReadonlySet<string>,
): readonly Backend[] | null {
  const isOfRoutes = ({ id }: Backend): boolean => !OF_STREAMS.test(id)
  let count = whole.length
  while (count > 0 && OF_STREAMS.test(whole[count - 1]!.id)) count--
  const patched = patchList(whole, before.filter(isOfRoutes), after.filter(isOfRoutes), {
    keyOf: ({ id }) => id,
    compare: (a, b) => (a < b ? -1 : a === b ? 0 : 1),
    count,
    mayBeShared: true,
    // Others may say how it is balanced; where it leads is the Service's affair alone.
    merge: (found, old, fresh) =>
      isSameData({ ...old, target: fresh.target }, fresh) && isSameData(found.target, old.target)
        ? { ...found, target: fresh.target }
        : null,
    stays: ({ id }) => (owned.has(id.slice(0, id.lastIndexOf(':') + 1)) ? false : null),
  })
  if (patched === null) return null
  return patchStreamBackends(patched, before, after)
}

/** Their endpoints may change; which there are is for whoever reads the ConfigMap. */
function patchStreamBackends(
  whole: readonly Backend[],
  before: readonly Backend[],
  after: readonly Backend[],
): readonly Backend[] | null {
  const [olds, news] = [before, after].map((list) => list.filter(({ id }) => OF_STREAMS.test(id)))
  if (olds?.length !== news?.length) return null
  let patched: Backend[] | null = null
  for (const [index, fresh] of (news ?? []).entries()) {
    const old = olds?.[index]
    if (isSameData(old, fresh)) continue
    const at = whole.findLastIndex(({ id }) => id === fresh.id)
    if (!isSameData(whole[at], old)) return null
    patched ??= [...whole]
    patched[at] = fresh
  }
  return patched ?? whole
}

function patchCertificates(
  whole: Translation,
  before: Translation,
  after: Translation,
): { readonly table: CertificateTable; readonly requests: Translation['certificateRequests'] } | null {
  const table = whole.model.certificates
  const { certificates, bySni, ...others } = after.model.certificates
  const { certificates: oldCertificates, bySni: oldSni, ...oldOthers } = before.model.certificates
  if (!isSameData(others, oldOthers)) return null
  const newSni = patchList(table.bySni, oldSni, bySni, { keyOf: ({ name }) => name, compare: compareText })
  if (newSni === null) return null
  // Looked for when something goes, which is rare.
  let used: ReadonlySet<string> | null = null
  const stays = ({ id }: { readonly id: string }): boolean => {
    used ??= new Set([table.defaultCertificateId, ...newSni.map(({ certificateId }) => certificateId)])
    return used.has(id)
  }
  const rules = {
    keyOf: ({ id }: { readonly id: string }) => id,
    compare: compareText,
    mayBeShared: true,
    stays,
  }
  const newCertificates = patchList(table.certificates, oldCertificates, certificates, rules)
  const requests = patchList(whole.certificateRequests, before.certificateRequests, after.certificateRequests, rules)
  if (newCertificates === null || requests === null) return null
  const isSame = newSni === table.bySni && newCertificates === table.certificates
  return { table: isSame ? table : { ...table, bySni: newSni, certificates: newCertificates }, requests }
}

function patchFindings(
  whole: readonly Finding[],
  before: readonly Finding[],
  after: readonly Finding[],
  own: ReadonlySet<string>,
): readonly Finding[] | null {
  if (isSameData(before, after)) return whole
  const textOf = (finding: Finding): string => JSON.stringify(finding)
  const olds = new Set(before.map(textOf))
  const news = new Set(after.map(textOf))
  const gone = before.filter((finding) => !news.has(textOf(finding)))
  const come = after.filter((finding) => !olds.has(textOf(finding)))
  // Others may say the same about something that is not ours.
  if (gone.some(({ origin }) => !own.has(origin.object))) return null
  const fresh = come.filter(({ origin }) => own.has(origin.object))
  for (const finding of come) {
    if (!own.has(finding.origin.object) && !whole.some((known) => isSameData(known, finding))) return null
  }
  const goneTexts = new Set(gone.map(textOf))
  const kept = whole.filter((finding) => !own.has(finding.origin.object) || !goneTexts.has(textOf(finding)))
  return kept.length === whole.length - gone.length ? [...kept, ...fresh].sort(compareFindings) : null
}

/** Where flags rename annotations these are copies, the same ones every time. */
function patchServed(
  whole: readonly Ingress[],
  before: readonly Ingress[],
  after: readonly Ingress[],
): readonly Ingress[] | null {
  const news = new Set(after)
  const gone = before.filter((ingress) => !news.delete(ingress))
  if (gone.length === 0 && news.size === 0) return whole
  const goneOnes = new Set(gone)
  const patched = whole.filter((ingress) => !goneOnes.has(ingress))
  if (patched.length !== whole.length - gone.length) return null
  for (const ingress of news) {
    patched.splice(
      placeOf(patched, patched.length, (one) => compareAge(one, ingress)),
      0,
      ingress,
    )
  }
  return patched
}
