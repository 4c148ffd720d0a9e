/** BGP communities: `64512:100` (RFC 1997), `large:64512:1:2` (RFC 8092), and names for them. */
import { quote } from '../../base/decode.ts'
import type { Community as CommunityObject } from '../../kube/metal-objects.ts'
import type { Community } from '../../metal/model.ts'
import type { MetalRemarks, Written } from './written.ts'

const STANDARD = /^(\d{1,5}):(\d{1,5})$/
const LARGE = /^large:(\d{1,10}):(\d{1,10}):(\d{1,10})$/
const MOST_16 = 65_535
const MOST_32 = 4_294_967_295

/** @returns `null` for what is no value */
export function parseCommunity(text: string): Community | null {
  const standard = STANDARD.exec(text)
  if (standard !== null) {
    const [, high = '', low = ''] = standard
    if (Number(high) > MOST_16 || Number(low) > MOST_16) return null
    return { kind: 'standard', value: Number(high) * 65_536 + Number(low) }
  }
  const large = LARGE.exec(text)
  if (large === null) return null
  const [global, first, second] = large.slice(1).map(Number)
  if (global === undefined || first === undefined || second === undefined) return null
  if (Math.max(global, first, second) > MOST_32) return null
  return { kind: 'large', values: [global, first, second] }
}

/** Names of communities, from all objects together; a name that is given twice is nobody's. */
export function settleAliases(
  written: readonly Written<CommunityObject['spec']>[],
  remarks: MetalRemarks,
): ReadonlyMap<string, Community> {
  const aliases = new Map<string, Community>()
  const seen = new Set<string>()
  for (const one of written) {
    for (const [index, { name, value }] of one.spec.communities.entries()) {
      const community = parseCommunity(value)
      if (name === '') {
        remarks.add('METAL_COMMUNITY', one.at('communities', index, 'name'), 'it has no name; write one')
      } else if (seen.has(name)) {
        const state = `${quote(name)} is the name of a community already; choose another`
        remarks.add('METAL_COMMUNITY', one.at('communities', index, 'name'), state)
      } else if (community === null) {
        remarks.add('METAL_COMMUNITY', one.at('communities', index, 'value'), faultOf(value))
      } else aliases.set(name, community)
      seen.add(name)
    }
  }
  return aliases
}

/** Why a text is no community. */
export function faultOf(text: string): string {
  return `${quote(text)} is no community; write two numbers up to 65535 as 64512:100, or large:64512:1:2`
}

/** Sorted by value, each once. */
export function sortCommunities(communities: readonly Community[]): readonly Community[] {
  const byText = new Map(communities.map((one) => [textOf(one), one]))
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
}

function textOf(one: Community): string {
  const numbers = one.kind === 'standard' ? [one.value] : one.values
  return [one.kind === 'standard' ? 0 : 1, ...numbers].map((number) => String(number).padStart(10, '0')).join(':')
}
