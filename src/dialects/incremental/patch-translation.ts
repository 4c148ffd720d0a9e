/**
 * Puts what a part of the Ingresses became into the translation of all of them. The part was translated twice, with the
 * objects before and after; only their difference is taken over, and only where the part before is found in the whole as it
 * is. So a dependence that nobody thought of is noticed, and everything is translated instead.
 */
import { compareFindings, compareText, type Finding } from '../../base/finding.ts'
import type { Backend, CertificateTable, VirtualHost } from '../../routing/model.ts'
import { isSameData } from '../../routing/model-delta.ts'
import type { Translation } from '../translation.ts'

/** @param own names of the part's Ingresses and of the replaced objects, as findings have them */
export function patchTranslation(
  whole: Translation,
  before: Translation,
  after: Translation,
  own: ReadonlySet<string>,
): Translation | null {
  const { routes, backends: _, certificates, ...others } = after.model
  const { routes: oldRoutes, backends: __, certificates: oldCertificates, ...oldOthers } = before.model
  const { hosts: ___, ...routeFields } = routes
  const { hosts: ____, ...oldRouteFields } = oldRoutes
  if (!isSameData(others, oldOthers) || !isSameData(routeFields, oldRouteFields)) return null
  // What unknown hosts get depends on all Ingresses; so does what is passed through.
  if (!isSameData(routes.fallback, whole.model.routes.fallback) || routes.passthrough !== undefined) return null
  if (!isSameData(before.certificateRequests, after.certificateRequests)) return null
  const newHosts = patchHosts(whole.model.routes.hosts, oldRoutes.hosts, routes.hosts)
  const newBackends = patchBackends(whole.model.backends, before.model.backends, after.model.backends)
  const newCertificates = patchCertificates(whole.model.certificates, oldCertificates, certificates)
  const findings = patchFindings(whole.findings, before.findings, after.findings, own)
  if (newHosts === null || newBackends === null || newCertificates === null || findings === null) return null
  return {
    ...whole,
    model: {
      ...whole.model,
      routes: newHosts === whole.model.routes.hosts ? whole.model.routes : { ...whole.model.routes, hosts: newHosts },
      backends: newBackends,
      certificates: newCertificates,
    },
    findings,
  }
}

function patchHosts(
  whole: readonly VirtualHost[],
  before: readonly VirtualHost[],
  after: readonly VirtualHost[],
): readonly VirtualHost[] | null {
  let patched: VirtualHost[] | null = null
  const olds = new Map(before.map((host) => [host.host, host]))
  for (const host of after) {
    const old = olds.get(host.host)
    olds.delete(host.host)
    if (old !== undefined && isSameData(old, host)) continue
    patched ??= [...whole]
    const at = placeOf(patched, ({ host: name }) => compareText(name, host.host))
    const found = patched[at]?.host === host.host ? patched[at] : undefined
    if (!isSameData(found, old)) return null
    patched.splice(at, found === undefined ? 0 : 1, host)
  }
  for (const old of olds.values()) {
    patched ??= [...whole]
    const at = placeOf(patched, ({ host: name }) => compareText(name, old.host))
    if (!isSameData(patched[at], old)) return null
    patched.splice(at, 1)
  }
  return patched ?? whole
}

/** Backends that come or go may be shared with others, and are nobody's to judge here. */
function patchBackends(
  whole: readonly Backend[],
  before: readonly Backend[],
  after: readonly Backend[],
): readonly Backend[] | null {
  if (before.length !== after.length) return null
  let patched: Backend[] | null = null
  for (const [index, fresh] of after.entries()) {
    const old = before[index]!
    if (old.id !== fresh.id) return null
    if (isSameData(old, fresh)) continue
    patched ??= [...whole]
    const at = patched.findIndex(({ id }) => id === old.id)
    const found = patched[at]
    if (found === undefined) return null
    if (isSameData(found, old)) patched[at] = fresh
    // Others may say how it is balanced; where it leads is the Service's affair alone.
    else if (isSameData({ ...old, target: fresh.target }, fresh) && isSameData(found.target, old.target)) {
      patched[at] = { ...found, target: fresh.target }
    } else return null
  }
  return patched ?? whole
}

/** Renewed certificates; everything else about them is looked at as a whole. */
function patchCertificates(
  whole: CertificateTable,
  before: CertificateTable,
  after: CertificateTable,
): CertificateTable | null {
  if (isSameData(before, after)) return whole
  const { certificates, ...others } = after
  const { certificates: oldCertificates, ...oldOthers } = before
  if (!isSameData(others, oldOthers) || certificates.length !== oldCertificates.length) return null
  const patched = [...whole.certificates]
  for (const [index, fresh] of certificates.entries()) {
    const old = oldCertificates[index]!
    const at = patched.findIndex(({ id }) => id === fresh.id)
    if (old.id !== fresh.id || !isSameData(patched[at], old)) return null
    patched[at] = fresh
  }
  return { ...whole, certificates: patched }
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
  if ([...gone, ...come].some(({ origin }) => !own.has(origin.object))) return null
  const goneTexts = new Set(gone.map(textOf))
  const kept = whole.filter((finding) => !own.has(finding.origin.object) || !goneTexts.has(textOf(finding)))
  return kept.length === whole.length - gone.length ? [...kept, ...come].sort(compareFindings) : null
}

/** First place in a sorted list that is not before the wanted one. */
function placeOf<T>(sorted: readonly T[], compare: (entry: T) => number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compare(sorted[middle]!) < 0) low = middle + 1
    else high = middle
  }
  return low
}
