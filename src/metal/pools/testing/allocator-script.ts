/**
 * Pools, Services and steps as short text, so that cases read as a table.
 *
 * A pool: `NAME RANGE... [!auto] [buggy] [prio=N] [ns=a,b] [nssel=env=prod] [svc=team=x]`.
 * A step: `VERB NAME [ADDRESS...] [ports=TCP/80,UDP/53] [key=K] [local=app=web] [fam=4|6|46|64] [policy=prefer|require] [ns=N]
 * [labels=a=b] [nslabels=a=b] [pool=P] [want=A,B] [rv=N] -> RESULT`; the result is addresses, `!rule`, `-` for nothing.
 * `pools P...; Q... -> keys that lost` and `counts P -> 4:used/free 6:used/free` are steps too.
 */
import { parseAddress } from '../../../base/ip-address.ts'
import { parseRange } from '../../../base/ip-range.ts'
import type { AddressPool, Selector } from '../../model.ts'
import type { LoadBalancerService } from '../../service.ts'
import { type Allocator, createAllocator } from '../allocator.ts'
import type { Outcome } from '../refusal.ts'

/** One row of a table: each step with the result that is due. */
export interface Case {
  readonly name: string
  readonly pools: string
  readonly steps: readonly string[]
}

export function toPool(text: string): AddressPool {
  const [name = '', ...words] = text.trim().split(/\s+/)
  const options = optionsOf(words)
  const names = options['ns']?.split(',') ?? []
  const hasNamespaces = options['ns'] !== undefined || options['nssel'] !== undefined
  const isPinned = hasNamespaces || options['svc'] !== undefined || options['prio'] !== undefined
  return {
    name,
    ranges: words.filter((word) => /^[\da-f:.]+[/-]/.test(word)).map(toRange),
    labels: {},
    isAutoAssigned: !words.includes('!auto'),
    avoidsBuggyIPs: words.includes('buggy'),
    allocation: isPinned
      ? {
          priority: Number(options['prio'] ?? 0),
          namespaces: hasNamespaces ? { names, selectors: toSelectors(options['nssel']) } : null,
          services: toSelectors(options['svc']),
        }
      : null,
    origin: { object: `IPAddressPool metallb-system/${name}`, path: '' },
  }
}

export function toPools(text: string): readonly AddressPool[] {
  return text
    .split(';')
    .filter((pool) => pool.trim() !== '')
    .map(toPool)
}

export function toService(name: string, words: readonly string[] = []): LoadBalancerService {
  const options = optionsOf(words)
  const namespace = options['ns'] ?? 'default'
  const families = (options['fam'] ?? '4').split('').map((digit) => (digit === '4' ? 4 : 6))
  const policy = options['policy'] === 'require' ? 'RequireDualStack' : 'PreferDualStack'
  return {
    key: `${namespace}/${name}`,
    namespace,
    labels: toLabels(options['labels']),
    namespaceLabels: toLabels(options['nslabels']),
    resourceVersion: options['rv'] ?? '',
    families,
    familyPolicy: families.length === 1 ? 'SingleStack' : policy,
    ports: (options['ports'] ?? '').split(',').flatMap((text) => {
      const [protocol = '', port = ''] = text.split('/')
      return text === '' ? [] : [{ protocol, port: Number(port) }]
    }),
    trafficPolicy: options['local'] === undefined ? 'Cluster' : 'Local',
    selector: options['local'] ?? '',
    addresses: words.filter((word) => parseAddress(word) !== null || word === 'nonsense'),
    requested: options['want']?.split(',') ?? [],
    pool: options['pool'] ?? '',
    sharingKey: options['key'] ?? '',
    hasSharingAnnotation: options['key'] !== undefined,
  }
}

/** Runs steps. @returns each step with the result that it really had */
export function runScript(pools: string, steps: readonly string[]): readonly string[] {
  const allocator = createAllocator(toPools(pools))
  return steps.map((step) => {
    const [call = ''] = step.split(' -> ')
    return `${call} -> ${runStep(allocator, call)}`
  })
}

function runStep(allocator: Allocator, call: string): string {
  const [verb = '', name = '', ...words] = call.trim().split(/\s+/)
  const service = toService(name, words)
  switch (verb) {
    case 'pools':
      return allocator.setPools(toPools(call.trim().slice('pools'.length))).join(',') || '-'
    case 'assign':
      return toText(allocator.assign(service, service.addresses))
    case 'allocate':
      return toText(allocator.allocate(service))
    case 'complete':
      return toText(allocator.complete(service))
    case 'release':
      return allocator.release(service.key, service.resourceVersion) ? 'freed' : '-'
    case 'has':
      return allocator.leaseOf(service.key)?.addresses.join(',') ?? '-'
    case 'from':
      return allocator.leaseOf(service.key)?.pools.join(',') ?? '-'
    case 'counts': {
      const found = allocator.counts().find(({ pool }) => pool === name)
      if (found === undefined) return '-'
      const { assignedIPv4, availableIPv4, assignedIPv6, availableIPv6 } = found
      return `4:${assignedIPv4}/${availableIPv4} 6:${assignedIPv6}/${availableIPv6}`
    }
    default:
      throw new TypeError(`Unknown step ${verb}`)
  }
}

function toText(outcome: Outcome): string {
  return outcome.ok ? outcome.addresses.join(',') : `!${outcome.refusal.rule}`
}

function toRange(text: string): AddressPool['ranges'][number] {
  const range = parseRange(text)
  if ('fault' in range) throw new TypeError(range.fault)
  return range
}

function optionsOf(words: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    words
      .filter((word) => word.includes('='))
      .map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  )
}

function toLabels(text: string | undefined): Readonly<Record<string, string>> {
  return text === undefined ? {} : optionsOf(text.split(','))
}

/** `a=b|c=d` are two alternatives. */
function toSelectors(text: string | undefined): readonly Selector[] {
  return (text?.split('|') ?? []).map((one) => ({ matchLabels: toLabels(one), matchExpressions: [] }))
}
