/** The resolver that clusters use outside tests: DNS with TTLs first, then what the system knows (`/etc/hosts`). */
import { lookup, Resolver } from 'node:dns/promises'
import type { RecordWithTtl } from 'node:dns'
import type { ResolveAddresses, ResolvedAddresses } from './dns-target.ts'

/** The system's answer carries no TTL. */
const SYSTEM_TTL_SECONDS = 30

/** @returns a function that asks for A and AAAA records together */
export function createResolver(): ResolveAddresses {
  const resolver = new Resolver({ timeout: 2000, tries: 2 })
  return async (hostname) => {
    // Short names need the search domains, which only the system's resolver applies.
    const found = hostname.includes('.') ? await resolveRecords(resolver, hostname) : null
    return found ?? resolveBySystem(hostname)
  }
}

async function resolveRecords(resolver: Resolver, hostname: string): Promise<ResolvedAddresses | null> {
  const answers = await Promise.allSettled([
    resolver.resolve4(hostname, { ttl: true }),
    resolver.resolve6(hostname, { ttl: true }),
  ])
  const records: RecordWithTtl[] = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  if (records.length === 0) return null
  return {
    addresses: records.map((record) => record.address),
    ttlSeconds: Math.min(...records.map((record) => record.ttl)),
  }
}

async function resolveBySystem(hostname: string): Promise<ResolvedAddresses> {
  const found = await lookup(hostname, { all: true })
  return { addresses: found.map((entry) => entry.address), ttlSeconds: SYSTEM_TTL_SECONDS }
}
