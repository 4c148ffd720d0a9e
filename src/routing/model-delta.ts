/**
 * The difference between two models, for processes that follow one: what changed travels, not ten thousand routes. Parts
 * are compared by identity first, so whoever makes models keeps the objects of what did not change.
 */
import { type ListDelta, applyListDelta, diffLists } from './list-delta.ts'
import type { Backend, Certificate, CertificateTable, RouteTable, RoutingModel, VirtualHost } from './model.ts'

export interface ModelDelta {
  readonly hosts: ListDelta<VirtualHost>
  readonly backends: ListDelta<Backend>
  readonly certificates: ListDelta<Certificate>
  readonly serverNames: ListDelta<ServerName>
  /** Everything else, whole where it changed. */
  readonly model: PartDelta
  readonly routeTable: PartDelta
  readonly certificateTable: PartDelta
}

/** Fields that changed, and names of fields that are gone. */
export interface PartDelta {
  readonly set: Readonly<Record<string, unknown>>
  readonly gone: readonly string[]
}

type ServerName = CertificateTable['bySni'][number]
type Fields = Readonly<Record<string, unknown>>

const SAME: PartDelta = { set: {}, gone: [] }

export function diffModels(before: RoutingModel, after: RoutingModel): ModelDelta {
  const { routes, backends, certificates, ...rest } = after
  const { routes: oldRoutes, backends: oldBackends, certificates: oldCertificates, ...oldRest } = before
  return {
    hosts: diffLists(oldRoutes.hosts, routes.hosts, ({ host }) => host),
    backends: diffLists(oldBackends, backends, ({ id }) => id),
    certificates: diffLists(oldCertificates.certificates, certificates.certificates, ({ id }) => id),
    serverNames: diffLists(oldCertificates.bySni, certificates.bySni, ({ name }) => name),
    model: diffFields(oldRest, rest),
    routeTable: oldRoutes === routes ? SAME : diffFields(withoutLists(oldRoutes), withoutLists(routes)),
    certificateTable:
      oldCertificates === certificates ? SAME : diffFields(withoutLists(oldCertificates), withoutLists(certificates)),
  }
}

/** @returns a model of which the parts that did not change are the same objects as before */
export function applyModelDelta(before: RoutingModel, delta: ModelDelta): RoutingModel {
  const routes = { hosts: applyListDelta(before.routes.hosts, delta.hosts) }
  const certificates = {
    certificates: applyListDelta(before.certificates.certificates, delta.certificates),
    bySni: applyListDelta(before.certificates.bySni, delta.serverNames),
  }
  return {
    ...(applyFields(before, delta.model) as RoutingModel),
    backends: applyListDelta(before.backends, delta.backends),
    routes: applyLists<RouteTable>(before.routes, routes, delta.routeTable),
    certificates: applyLists<CertificateTable>(before.certificates, certificates, delta.certificateTable),
  }
}

function diffFields(before: Fields | object, after: Fields | object): PartDelta {
  const [old, fresh] = [before as Fields, after as Fields]
  const set: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fresh)) {
    if (!Object.hasOwn(old, name) || !isSameData(old[name], value)) set[name] = value
  }
  const gone = Object.keys(old).filter((name) => !Object.hasOwn(fresh, name))
  return gone.length === 0 && Object.keys(set).length === 0 ? SAME : { set, gone }
}

function applyFields(before: object, { set, gone }: PartDelta): object {
  return Object.fromEntries(Object.entries({ ...before, ...set }).filter(([name]) => !gone.includes(name)))
}

/** The table itself when neither its lists nor its other fields changed. */
function applyLists<T extends object>(before: T, lists: Partial<T>, fields: PartDelta): T {
  const isSame =
    fields === SAME || (fields.gone.length === 0 && Object.keys(fields.set).length === 0)
      ? Object.entries(lists).every(([name, list]) => (before as Fields)[name] === list)
      : false
  return isSame ? before : { ...(applyFields(before, fields) as T), ...lists }
}

function withoutLists(table: object): Fields {
  return Object.fromEntries(
    Object.entries(table).filter(([name]) => name !== 'hosts' && name !== 'certificates' && name !== 'bySni'),
  )
}

/** Equal as plain data: what `JSON.stringify` would print the same, whatever the order of keys. */
export function isSameData(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((entry, index) => isSameData(entry, b[index]))
    )
  }
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && isSameData((a as Fields)[name], (b as Fields)[name]))
  )
}
