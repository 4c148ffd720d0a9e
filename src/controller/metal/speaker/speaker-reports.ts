/** What a speaker tells those who keep account of it: Events, statuses, metrics. All calls are about transitions. */
import type { BgpRoute, L2Announcement } from '../../../metal/announcement.ts'

export interface SpeakerReports {
  /** Everything that is announced now, after each change. */
  announced(l2: readonly AnnouncedAddress[], bgp: readonly BgpRoute[]): void
  /** A Warning about Services. */
  warn(services: readonly string[], reason: string, message: string): void
  /** An address of a speaker that went is announced here: milliseconds since that one was heard last. */
  tookOver(address: string, silenceMs: number): void
}

export interface AnnouncedAddress extends L2Announcement {
  /** On which it is announced. */
  readonly on: readonly string[]
}

export const NO_REPORTS: SpeakerReports = { announced() {}, warn() {}, tookOver() {} }
