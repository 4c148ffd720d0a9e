/**
 * The resolver that clusters use outside tests: DNS with TTLs first, then what the system knows (`/etc/hosts`). Addresses of
 * this machine are left out of all answers: users choose the names, and what listens on loopback is not theirs.
 */
import { lookup, Resolver } from 'node:dns/promises'
import type { RecordWithTtl } from 'node:dns'
import { BlockList, isIPv6 } from 'node:net'
import type { ResolveAddresses, ResolvedAddresses } from './dns-target.ts'

export interface ResolverOptions {
  /** `address:port` of name servers; default: the system's. */
  readonly servers?: readonly string[]
  /** How long a name server is waited for. */
  readonly timeoutMs?: number
  /** Asked when DNS knows nothing. Default: the system, by way of `getaddrinfo`. */
  readonly lookupAll?: (hostname: string) => Promise<readonly { readonly address: string }[]>
}

/** The system's answer carries no TTL. */
const SYSTEM_TTL_SECONDS = 30
/** One family's answer waits so long for the other's: some name servers never answer questions for AAAA. */
const OTHER_FAMILY_MS = 500

const OWN = new BlockList()
OWN.addSubnet('127.0.0.0', 8, 'ipv4')
OWN.addSubnet('0.0.0.0', 8, 'ipv4')
OWN.addSubnet('::', 127, 'ipv6')

/** @returns a function that asks for A and AAAA records together, and rejects when there is no address of another machine */
export function createResolver(options: ResolverOptions = {}): ResolveAddresses {
  const resolver = new Resolver({ timeout: options.timeoutMs ?? 2000, tries: 2 })
  if (options.servers !== undefined) resolver.setServers(options.servers)
  const lookupAll = options.lookupAll ?? ((hostname) => lookup(hostname, { all: true }))
  return async (hostname) => {
    // Short names need the search domains, which only the system's resolver applies.
    const found = hostname.includes('.') ? await resolveRecords(resolver, hostname) : null
    const { addresses, ttlSeconds } = found ?? {
      addresses: (await lookupAll(hostname)).map((entry) => entry.address),
      ttlSeconds: SYSTEM_TTL_SECONDS,
    }
    const others = [...new Set(addresses)].filter((address) => !isOwnAddress(address))
    if (others.length === 0) throw new Error(`Cannot resolve ${hostname}: it has no address of another machine`)
    return { addresses: others, ttlSeconds }
  }
}

/** @param resolvesIpv6 asked at each answer: false leaves IPv6 addresses aside */
export function chooseFamilies(resolve: ResolveAddresses, resolvesIpv6: () => boolean): ResolveAddresses {
  return async (hostname) => {
    const found = await resolve(hostname)
    if (resolvesIpv6()) return found
    const addresses = found.addresses.filter((address) => !isIPv6(address))
    if (addresses.length > 0) return { ...found, addresses }
    throw new Error(`Cannot resolve ${hostname}: it has IPv6 addresses alone, which disable-ipv6-dns leaves aside`)
  }
}

/** True for loopback and unspecified addresses, also in their IPv6 forms. */
export function isOwnAddress(address: string): boolean {
  const mapped = /^::(?:ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return OWN.check(mapped, 'ipv4')
  return OWN.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** `null` when neither family has a record. */
async function resolveRecords(resolver: Resolver, hostname: string): Promise<ResolvedAddresses | null> {
  const none: readonly RecordWithTtl[] = []
  const four = resolver.resolve4(hostname, { ttl: true }).catch(() => none)
  const six = resolver.resolve6(hostname, { ttl: true }).catch(() => none)
  const records = [...(await patiently(four, six)), ...(await patiently(six, four))]
  if (records.length === 0) return null
  return {
    addresses: records.map((record) => record.address),
    ttlSeconds: Math.min(...records.map((record) => record.ttl)),
  }
}

/** What `answer` gives; nothing, if the other one has records and this one takes long. */
async function patiently(
  answer: Promise<readonly RecordWithTtl[]>,
  other: Promise<readonly RecordWithTtl[]>,
): Promise<readonly RecordWithTtl[]> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<readonly RecordWithTtl[]>((resolve) => {
    void other.then((records) => {
      if (records.length > 0) timer = setTimeout(resolve, OTHER_FAMILY_MS, [])
    })
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
