/** Timers of a BGP session. Source: RFC 4271, 4.2 and 10; defaults of MetalLB's own speaker. */
import { quote } from '../../base/decode.ts'
import type { BGPPeerSpec } from '../../kube/metal-objects.ts'
import type { BgpPeer } from '../../metal/model.ts'
import { parseDuration } from './duration.ts'
import type { MetalRemarks, Written } from './written.ts'

const DEFAULT_HOLD = 90
const DEFAULT_CONNECT = 120
const MOST_SECONDS = 65_535

type Timers = Pick<BgpPeer, 'holdSeconds' | 'keepaliveSeconds' | 'connectSeconds'>

/** Cut to whole seconds; of hold and keepalive one alone gives the other. */
export function settleTimers(written: Written<BGPPeerSpec>, remarks: MetalRemarks): Timers {
  const hold = readSeconds(written, 'holdTime', remarks)
  const keepalive = readSeconds(written, 'keepaliveTime', remarks)
  const connect = readSeconds(written, 'connectTime', remarks)
  const holdSeconds = Math.trunc(hold ?? (keepalive === undefined ? DEFAULT_HOLD : keepalive * 3))
  const keepaliveSeconds = Math.trunc(keepalive ?? holdSeconds / 3)
  const refuse = (field: keyof BGPPeerSpec, state: string): void =>
    remarks.add('METAL_PEER_TIMERS', written.at(field), state)
  if (holdSeconds !== 0 && (holdSeconds < 3 || holdSeconds > MOST_SECONDS)) {
    refuse(
      hold === undefined ? 'keepaliveTime' : 'holdTime',
      `a hold time of ${holdSeconds} s is neither 0 nor from 3 s to ${MOST_SECONDS} s`,
    )
  } else if (keepaliveSeconds > holdSeconds) {
    refuse('keepaliveTime', `${keepaliveSeconds} s is longer than the hold time of ${holdSeconds} s`)
  } else if (keepalive !== undefined && keepaliveSeconds === 0 && holdSeconds !== 0) {
    refuse('keepaliveTime', 'less than a second keeps nothing alive; write at least 1s')
  }
  if (connect !== undefined && (!Number.isInteger(connect) || connect < 1 || connect > MOST_SECONDS)) {
    refuse('connectTime', `${written.spec.connectTime} is not whole seconds from 1s to ${MOST_SECONDS}s`)
  }
  return { holdSeconds, keepaliveSeconds, connectSeconds: connect ?? DEFAULT_CONNECT }
}

function readSeconds(
  written: Written<BGPPeerSpec>,
  field: 'holdTime' | 'keepaliveTime' | 'connectTime',
  remarks: MetalRemarks,
): number | undefined {
  const text = written.spec[field]
  if (text === undefined) return undefined
  // A sample of MetalLB 0.7 has a bare number.
  const ms = written.isLegacy && /^\d+$/.test(text) ? Number(text) * 1000 : parseDuration(text)
  if (ms !== null) return ms / 1000
  remarks.add('METAL_PEER_TIMERS', written.at(field), `${quote(text)} is no duration; write for example 90s`)
  return undefined
}
