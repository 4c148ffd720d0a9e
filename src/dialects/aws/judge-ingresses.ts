/** Ingresses of load balancers, judged by what making those would find, with nothing known of an account. Pure. */
import { EMPTY_INVENTORY, type Inventory } from '../../aws/stack/inventory.ts'
import type { FindingCode } from '../../base/finding-codes.ts'
import type { Finding } from '../../base/finding.ts'
import type { Ingress } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import { createFindingLog } from '../report.ts'
import { buildIngressStacks } from './ingress/build-ingresses.ts'
import { selectIngresses } from './ingress/select-ingresses.ts'
import { AWS_DEFAULTS } from './options.ts'

export interface Judgement {
  /** Those that become load balancers, and those that would if nothing were wrong with their class. */
  readonly ingresses: ReadonlySet<Ingress>
  readonly findings: readonly Finding[]
}

/** What objects only name is neither there nor not there. */
const UNKNOWN_ACCOUNT: Inventory = {
  ...EMPTY_INVENTORY,
  unread: ['security groups', 'certificates', 'web ACLs', 'trust stores'],
}

/** @param nowMs milliseconds since the epoch, for the dates of certificates */
export function judgeAlbIngresses(snapshot: Snapshot, nowMs: number): Judgement {
  // No name shows up in findings of Ingresses, so that any cluster will do.
  const options = { ...AWS_DEFAULTS, clusterName: 'cluster', inventory: UNKNOWN_ACCOUNT, nowMs }
  const { selected, skipped } = selectIngresses(snapshot, options, () => undefined)
  const ingresses = new Set([...selected.map(({ ingress }) => ingress), ...skipped])
  if (ingresses.size === 0) return { ingresses, findings: [] }
  const log = createFindingLog()
  buildIngressStacks(snapshot, options, log.report)
  return { ingresses, findings: log.findings.filter(isAboutObjects) }
}

/** Raised where the account is not known, too. */
const OF_ACCOUNT: ReadonlySet<FindingCode> = new Set<FindingCode>(['AWS_UNREAD', 'AWS_TARGET_GROUP_UNKNOWN'])
/** Notes that they are not known. */
const NOT_KNOWN: ReadonlySet<FindingCode> = new Set<FindingCode>(['AWS_SUBNETS', 'AWS_NODE_PORT_MISSING'])

/** Not about what is unknown without an account and a cluster, which is nobody's mistake. */
function isAboutObjects({ code, severity }: Finding): boolean {
  return !OF_ACCOUNT.has(code) && !(severity === 'info' && NOT_KNOWN.has(code))
}
