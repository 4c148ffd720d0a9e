/** What the responder counts, bounded by the addresses that are wished. */
import type { AddressKey } from './address-key.ts'
import { formatAddressKey } from './address-key.ts'
import type { L2Stats } from './responder-model.ts'

/** Upper bounds of reply latency in nanoseconds. */
const BOUNDS_NS = [25e3, 50e3, 100e3, 200e3, 500e3, 1e6, 2e6, 5e6, 10e6, 50e6, 100e6, 1e9]

export interface AddressCounts {
  requestsReceived: number
  responsesSent: number
  gratuitousSent: number
  foreignSeen: number
}

export interface ResponderCounters {
  framesReceived: number
  framesIgnored: number
  sendFailures: number
  of(key: AddressKey): AddressCounts
  forget(key: AddressKey): void
  observeReply(nanoseconds: number): void
  read(): L2Stats
}

export function createCounters(): ResponderCounters {
  const addresses = new Map<AddressKey, AddressCounts>()
  const counts = Array<number>(BOUNDS_NS.length + 1).fill(0)
  let sumNs = 0
  const counters: ResponderCounters = {
    framesReceived: 0,
    framesIgnored: 0,
    sendFailures: 0,
    of(key) {
      let found = addresses.get(key)
      if (found === undefined) {
        found = { requestsReceived: 0, responsesSent: 0, gratuitousSent: 0, foreignSeen: 0 }
        addresses.set(key, found)
      }
      return found
    },
    forget: (key) => void addresses.delete(key),
    observeReply(nanoseconds) {
      let bucket = 0
      while (bucket < BOUNDS_NS.length && nanoseconds > BOUNDS_NS[bucket]!) bucket += 1
      counts[bucket] = counts[bucket]! + 1
      sumNs += nanoseconds
    },
    read: () => ({
      addresses: Array.from(addresses, ([key, values]) => ({ address: formatAddressKey(key), ...values })).sort(
        (a, b) => (a.address < b.address ? -1 : 1),
      ),
      replyLatency: { bounds: BOUNDS_NS.map((bound) => bound / 1e9), counts: [...counts], sumSeconds: sumNs / 1e9 },
      framesReceived: counters.framesReceived,
      framesIgnored: counters.framesIgnored,
      sendFailures: counters.sendFailures,
    }),
  }
  return counters
}
