/** Where to listen when no address is given. */
import { networkInterfaces } from 'node:os'

/** Both families where there is IPv6 at all. */
export function anyAddress(): string {
  const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ family }) => family === 'IPv6'))
  return hasIpv6 ? '::' : '0.0.0.0'
}
