/** BFD profiles, with the bounds and defaults of MetalLB. */
import type { BFDProfileSpec } from '../../kube/metal-objects.ts'
import type { BfdProfile } from '../../metal/model.ts'
import type { MetalRemarks, Written } from './written.ts'

const BOUNDS = {
  receiveInterval: [10, 60_000],
  transmitInterval: [10, 60_000],
  detectMultiplier: [2, 255],
  echoInterval: [10, 60_000],
  minimumTtl: [1, 254],
} as const

/** By name; bad ones are left out. */
export function settleBfdProfiles(
  written: readonly Written<BFDProfileSpec>[],
  remarks: MetalRemarks,
): Readonly<Record<string, BfdProfile>> {
  const profiles: Record<string, BfdProfile> = {}
  for (const one of written) {
    const { spec, name } = one
    if (Object.hasOwn(profiles, name)) {
      remarks.add('METAL_DUPLICATE', one.at(), `there is a BFD profile ${name} already; give it another name`)
      continue
    }
    const before = remarks.count
    for (const [key, [least, most]] of Object.entries(BOUNDS)) {
      const value = spec[key as keyof typeof BOUNDS]
      if (value === undefined || (value >= least && value <= most)) continue
      remarks.add('METAL_BFD_PROFILE', one.at(key), `${value} is not from ${least} to ${most}`)
    }
    if (remarks.count > before) continue
    profiles[name] = {
      name,
      receiveMs: spec.receiveInterval ?? 300,
      transmitMs: spec.transmitInterval ?? 300,
      detectMultiplier: spec.detectMultiplier ?? 3,
      isEcho: spec.echoMode ?? false,
      echoMs: spec.echoInterval ?? 50,
      isPassive: spec.passiveMode ?? false,
      minimumTtl: spec.minimumTtl ?? 254,
    }
  }
  return profiles
}
