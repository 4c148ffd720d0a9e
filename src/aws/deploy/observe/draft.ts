/** An {@link Observed} while it is being put together. */
import type { Observed, ObservedStack, Stranger } from '../observed.ts'
import { identifierKey } from '../operation.ts'
import type { ResourceKey, StackId } from '../../stack/model.ts'

type Lists = { -readonly [K in Exclude<keyof ObservedStack, 'id'>]: ObservedStack[K][number][] }

export interface Draft {
  /** The name with the least rank stays, where a load balancer and its successor share a key. */
  noteDnsName(key: string, name: string, rank: number): void
  readonly attachments: Map<string, readonly string[]>
  readonly strangers: Stranger[]
  readonly unread: Set<string>
  readonly provisioning: Set<string>
  readonly classicPolicies: Map<string, readonly string[]>
  readonly foreign: { readonly resource: ResourceKey; readonly name: string; readonly identifier: string }[]
  stack(id: StackId): Lists
  markUnread(stack: StackId, resource: ResourceKey): void
  /** Sorted, so that the same account gives the same observation. */
  finish(): Observed
}

export function createDraft(): Draft {
  const stacks = new Map<StackId, Lists>()
  const dnsNames = new Map<string, string>()
  const ranks = new Map<string, number>()
  const attachments = new Map<string, readonly string[]>()
  const strangers: Stranger[] = []
  const unread = new Set<string>()
  const provisioning = new Set<string>()
  const classicPolicies = new Map<string, readonly string[]>()
  const foreign: { resource: ResourceKey; name: string; identifier: string }[] = []
  return {
    noteDnsName(key, name, rank) {
      if (rank >= (ranks.get(key) ?? Infinity)) return
      ranks.set(key, rank)
      dnsNames.set(key, name)
    },
    attachments,
    strangers,
    unread,
    provisioning,
    classicPolicies,
    foreign,
    stack(id) {
      const known = stacks.get(id)
      if (known !== undefined) return known
      const fresh: Lists = {
        securityGroups: [],
        certificates: [],
        targetGroups: [],
        loadBalancers: [],
        listeners: [],
        rules: [],
        webAcls: [],
        shields: [],
        classicLoadBalancers: [],
      }
      stacks.set(id, fresh)
      return fresh
    },
    markUnread: (stack, resource) => unread.add(identifierKey(stack, resource)),
    finish() {
      const sorted = [...stacks].sort(([a], [b]) => (a < b ? -1 : 1))
      for (const [, lists] of sorted) {
        for (const list of Object.values(lists)) list.sort((a, b) => (a.identifier < b.identifier ? -1 : 1))
      }
      return {
        stacks: new Map(sorted.map(([id, lists]) => [id, { id, ...lists }])),
        foreign,
        dnsNames,
        attachments,
        strangers,
        unread,
        provisioning,
        classicPolicies,
      }
    },
  }
}
