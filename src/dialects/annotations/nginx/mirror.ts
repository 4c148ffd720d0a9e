/** Mirroring: rows of the annotation registry (ingress-nginx, annotations.md: Mirror). */
import { HOST, ON_OFF, URL_TEXT } from '../vocabulary.ts'
import { family } from './annotation-row.ts'

export const MIRROR = family('Mirroring', 'location', {
  'mirror-target': {
    value: URL_TEXT,
    risk: 'High',
    tier: 'rare',
    support: 'works',
    note: 'The path may hold `$request_uri` and other request variables; the host may not. A host `NAME.NAMESPACE.svc` is that Service. Copies carry the headers that the upstream gets.',
    differs:
      'A copy is sent when its request is complete, neither delays nor fails it, and is dropped (`genkan_mirror_dropped_total`) where its body is longer than 1 MiB, all bodies of a worker hold 16 MiB, or 256 copies are under way. Upgrades are not mirrored. Hosts of the machine itself are refused.',
  },
  'mirror-request-body': { value: ON_OFF, initial: 'on', risk: 'Low', tier: 'rare', support: 'works' },
  'mirror-host': { value: HOST, initial: 'host of `mirror-target`', risk: 'High', tier: 'rare', support: 'works' },
})
