/** Which client addresses a route serves: deny first, then allow (ingress-nginx, annotations.md: Denylist source range). */
import { BlockList, isIP } from 'node:net'

/** Plain data of the model: addresses or CIDR ranges of either family, already checked by the dialect. */
export interface AddressPolicy {
  readonly deny: readonly string[]
  /** Empty = everybody who is not denied. */
  readonly allow: readonly string[]
}

export interface CompiledAddressPolicy {
  /** True when a client with this address is served. Text that is no address never is. */
  admits(address: string): boolean
}

/** @throws {TypeError} when an entry is not an address or range: dialects refuse those before */
export function compileAddressPolicy(policy: AddressPolicy): CompiledAddressPolicy {
  const deny = toBlockList(policy.deny)
  const allow = policy.allow.length === 0 ? null : toBlockList(policy.allow)
  return {
    admits(address) {
      const version = isIP(address)
      if (version === 0) return false
      const family = version === 4 ? 'ipv4' : 'ipv6'
      if (deny.check(address, family)) return false
      return allow === null || allow.check(address, family)
    },
  }
}

/** True for an address, or a range with a prefix length that its family has. */
export function isAddressRange(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  if (prefix === undefined) return true
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128)
}

function toBlockList(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    if (!isAddressRange(range)) throw new TypeError(`Cannot compile the address range "${range}"`)
    const [address = '', prefix] = range.split('/')
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return list
}
