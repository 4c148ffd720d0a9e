/** Mirroring: rows of the annotation registry (ingress-nginx reference, 1.10). */
import { HOST, ON_OFF, URL_TEXT } from '../vocabulary.ts'
import { family } from './annotation-row.ts'

export const MIRROR = family('Mirroring', 'location', {
  'mirror-target': { value: URL_TEXT, risk: 'High', tier: 'rare', support: 'missing' },
  'mirror-request-body': { value: ON_OFF, initial: 'on', risk: 'Low', tier: 'rare', support: 'missing' },
  'mirror-host': { value: HOST, initial: 'host of `mirror-target`', risk: 'High', tier: 'rare', support: 'missing' },
})
