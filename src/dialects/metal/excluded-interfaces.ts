/** Interfaces on which nothing is announced. Source: MetalLB's ConfigMap `metallb-excludel2`. */
import { quote } from '../../base/decode.ts'
import { closeMap, listOfText } from '../../base/decode-list.ts'
import { compileLinearRegex } from '../../base/linear-regex.ts'
import type { ConfigMap } from '../../kube/objects.ts'
import { harden, readText } from './legacy-text.ts'
import type { MetalRemarks } from './written.ts'

/** Virtual interfaces of containers, clusters and hypervisors. */
export const DEFAULT_EXCLUDED = [
  ...'docker cbr dummy virbr lxcbr veth cali tunl flannel kube-ipvs cni nodelocaldns lxc'
    .split(' ')
    .map((name) => `^${name}.*`),
  '^lo$',
]

const KEY = 'excludel2.yaml'
const FIELD = 'announcedInterfacesToExclude'

/** Regular expressions; those that are written take the place of the default ones. */
export function settleExcluded(map: ConfigMap | undefined, remarks: MetalRemarks): readonly string[] {
  if (map === undefined) return DEFAULT_EXCLUDED
  const before = remarks.count
  const text = readText(map, KEY, remarks)
  if (text === null) return DEFAULT_EXCLUDED
  closeMap(text.root, [FIELD])
  const patterns = listOfText(text.root, FIELD)
  harden(remarks.findings, before)
  return patterns.filter((pattern, index) => {
    const regex = compileLinearRegex(pattern, false)
    if (!('error' in regex)) return true
    const state = `${quote(pattern)} is no pattern of names: ${regex.error}`
    remarks.add('METAL_SELECTOR', text.at([FIELD, index]), state)
    return false
  })
}
