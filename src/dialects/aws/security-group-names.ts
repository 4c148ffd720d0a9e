/** Security groups that people name by id or by their Name tag. */
import { closestName } from '../../base/edit-distance.ts'
import { compareText } from '../../base/finding.ts'
import type { Inventory } from '../../aws/stack/inventory.ts'

export type GroupChoice =
  /** In the order written, each once. */
  | { readonly ok: true; readonly ids: readonly string[] }
  /** `<state>; <what would be accepted>`. */
  | { readonly ok: false; readonly problem: string }

/** Where no security group of the VPC is known, ids are taken at their word. */
export function chooseSecurityGroups(named: readonly string[], inventory: Inventory): GroupChoice {
  const ids: string[] = []
  for (const name of named) {
    if (name.startsWith('sg-')) {
      if (inventory.securityGroups.length > 0 && !inventory.securityGroups.some(({ id }) => id === name)) {
        return { ok: false, problem: unknownGroup(name, inventory) }
      }
      if (!ids.includes(name)) ids.push(name)
      continue
    }
    const matches = inventory.securityGroups.filter(({ tags }) => tags['Name'] === name)
    if (matches.length === 0) return { ok: false, problem: unknownGroup(name, inventory) }
    for (const { id } of matches.toSorted((a, b) => compareText(a.id, b.id))) if (!ids.includes(id)) ids.push(id)
  }
  return { ok: true, ids }
}

function unknownGroup(name: string, { securityGroups }: Inventory): string {
  const isId = name.startsWith('sg-')
  if (securityGroups.length === 0) {
    return `no security group of the VPC is known, so that none is found by the tag Name=${name}; write its id, or give an inventory`
  }
  const known = securityGroups.map(({ id, tags }) => (isId ? id : (tags['Name'] ?? ''))).filter((text) => text !== '')
  const close = closestName(name, known)
  const hint = close === null ? '' : `, did you mean "${close}"`
  if (isId) return `the VPC has no security group ${name}${hint}; write the id or the Name tag of one that exists`
  // The name that people see first in the console is another one.
  const isGroupName = securityGroups.some((group) => group.name === name)
  const state = isGroupName
    ? `${name} is a group's name, and no group has it as its tag Name`
    : `none has the tag Name=${name}`
  return `${state}${hint}; write the id or the Name tag of a security group of the VPC`
}
