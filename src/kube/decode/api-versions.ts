/** Which kinds Genkan reads, in which API versions, and which of those Kubernetes has removed. */
import { closestName } from '../../base/edit-distance.ts'

/** Why a version is gone: the release that stopped serving it and what to write today. */
interface Removal {
  readonly release: string
  readonly replacement: string
}

interface KindEntry {
  readonly isNamespaced: boolean
  /** Today's version first. `null` = still served. Source: the Kubernetes deprecated API migration guide. */
  readonly versions: Readonly<Record<string, Removal | null>>
}

const APPS: Removal = { release: '1.16', replacement: 'apps/v1' }
const NETWORKING: Removal = { release: '1.22', replacement: 'networking.k8s.io/v1' }
const DISCOVERY: Removal = { release: '1.25', replacement: 'discovery.k8s.io/v1' }
const METAL = { isNamespaced: true, versions: { 'metallb.io/v1beta1': null } } as const
const CORE = { isNamespaced: true, versions: { v1: null } } as const

const KINDS = {
  Ingress: {
    isNamespaced: true,
    versions: {
      'networking.k8s.io/v1': null,
      'networking.k8s.io/v1beta1': NETWORKING,
      'extensions/v1beta1': NETWORKING,
    },
  },
  IngressClass: {
    isNamespaced: false,
    versions: { 'networking.k8s.io/v1': null, 'networking.k8s.io/v1beta1': NETWORKING },
  },
  Service: CORE,
  Endpoints: CORE,
  EndpointSlice: {
    isNamespaced: true,
    versions: { 'discovery.k8s.io/v1': null, 'discovery.k8s.io/v1beta1': DISCOVERY },
  },
  Secret: CORE,
  ConfigMap: CORE,
  Namespace: { isNamespaced: false, versions: { v1: null } },
  Pod: CORE,
  Node: { isNamespaced: false, versions: { v1: null } },
  IngressClassParams: { isNamespaced: false, versions: { 'elbv2.k8s.aws/v1beta1': null } },
  TargetGroupBinding: {
    isNamespaced: true,
    versions: { 'elbv2.k8s.aws/v1beta1': null, 'elbv2.k8s.aws/v1alpha1': null },
  },
  IPAddressPool: METAL,
  L2Advertisement: METAL,
  BGPAdvertisement: METAL,
  BGPPeer: { isNamespaced: true, versions: { 'metallb.io/v1beta2': null, 'metallb.io/v1beta1': null } },
  BFDProfile: METAL,
  Community: METAL,
  Deployment: {
    isNamespaced: true,
    versions: { 'apps/v1': null, 'apps/v1beta2': APPS, 'apps/v1beta1': APPS, 'extensions/v1beta1': APPS },
  },
  StatefulSet: { isNamespaced: true, versions: { 'apps/v1': null, 'apps/v1beta2': APPS, 'apps/v1beta1': APPS } },
  DaemonSet: { isNamespaced: true, versions: { 'apps/v1': null, 'apps/v1beta2': APPS, 'extensions/v1beta1': APPS } },
  ReplicaSet: { isNamespaced: true, versions: { 'apps/v1': null, 'apps/v1beta2': APPS, 'extensions/v1beta1': APPS } },
} as const satisfies Record<string, KindEntry>

/** A kind that Genkan reads. */
type ReadKind = keyof typeof KINDS

/** What becomes of an object with this apiVersion and kind. */
export type Recognition =
  | { readonly kind: 'read'; readonly name: ReadKind; readonly isNamespaced: boolean; readonly removal: Removal | null }
  /** The kind is ours, the version is not: `accepted` lists those that are. */
  | { readonly kind: 'version-unknown'; readonly name: ReadKind; readonly accepted: readonly string[] }
  /** Somebody else's kind. `meant` is one of ours that a person may have misspelt. */
  | { readonly kind: 'aside'; readonly meant: ReadKind | null }

/** Looks up an apiVersion and kind. */
export function recognizeKind(apiVersion: string, kind: string): Recognition {
  const entry = entryOf(kind)
  if (entry === null) return { kind: 'aside', meant: guessKind(apiVersion, kind) }
  const versions: Readonly<Record<string, Removal | null>> = entry.versions
  const removal = Object.hasOwn(versions, apiVersion) ? versions[apiVersion] : undefined
  const name = kind as ReadKind
  if (removal !== undefined) return { kind: 'read', name, isNamespaced: entry.isNamespaced, removal }
  const accepted = Object.keys(versions)
  const isOurs = isBuiltInGroup(apiVersion) || closestName(apiVersion, accepted) !== null
  return isOurs ? { kind: 'version-unknown', name, accepted } : { kind: 'aside', meant: null }
}

function entryOf(kind: string): KindEntry | null {
  return Object.hasOwn(KINDS, kind) ? KINDS[kind as ReadKind] : null
}

/** A kind near in spelling that exists in this very apiVersion. */
function guessKind(apiVersion: string, kind: string): ReadKind | null {
  const candidates = Object.keys(KINDS).filter((name) => Object.hasOwn(entryOf(name)?.versions ?? {}, apiVersion))
  return closestName(kind, candidates) as ReadKind | null
}

/** Groups of Kubernetes itself: none (`v1`), one word (`apps`), or under k8s.io (`networking.k8s.io`). */
function isBuiltInGroup(apiVersion: string): boolean {
  const slash = apiVersion.indexOf('/')
  const group = slash === -1 ? '' : apiVersion.slice(0, slash)
  return !group.includes('.') || /^[a-z]+\.k8s\.io$/.test(group)
}
