/** Whose knowledge of the cluster is so much older than that of others that they decide better. */
import { compareText } from '../../base/finding.ts'
import type { HeartbeatMember } from './heartbeat-model.ts'

export interface Stale {
  /** How far what a node knows of the cluster may be out of date; 0 = it is current, `null` = it cannot tell yet. */
  readonly staleSeconds: number | null
}

/** One that takes part, as it says itself. */
export type Speaking = HeartbeatMember & Stale

/** When nobody can read the cluster, all notice it within this: then nothing moves, for however long that lasts. */
const MOST_SECONDS = 120

/** @returns whether one of them is as well informed as any, nearly. Who cannot tell is, and is no measure for others */
export function currentAmong(all: readonly Stale[]): (one: Stale) => boolean {
  const least = Math.min(...all.map(({ staleSeconds }) => staleSeconds ?? Infinity))
  return ({ staleSeconds }) => staleSeconds === null || staleSeconds - least <= MOST_SECONDS
}

/** As election sees them, by name: those who know less than others are like those who came back a moment ago. */
export function toMembers(speakers: readonly Speaking[]): readonly HeartbeatMember[] {
  const isCurrent = currentAmong(speakers)
  return speakers
    .map((one) => ({ name: one.name, isSettled: one.isSettled && isCurrent(one), interfaces: one.interfaces }))
    .sort((a, b) => compareText(a.name, b.name))
}
