/** What an ALB Ingress asks of its routes. Most of its annotations are about AWS and mean nothing to a proxy here. */
import { originOfKey } from '../../kube/meta.ts'
import type { Ingress } from '../../kube/objects.ts'
import { ALB_SETTINGS, type IngressSettings } from '../ingress/settings.ts'
import type { Report } from '../report.ts'

const PREFIX = 'alb.ingress.kubernetes.io/'

/** Annotations that mean protection, and the value that means none. */
const PROTECTIONS: Readonly<Record<string, string>> = {
  'auth-type': 'none',
  'jwt-validation': '',
  'mutual-authentication': '',
}

export function readAlbSettings(ingress: Ingress, report: Report): IngressSettings {
  const { annotations } = ingress.meta
  let settings = ALB_SETTINGS
  if (/^\d+$/.test(annotations[`${PREFIX}ssl-redirect`]?.trim() ?? '')) {
    settings = { ...settings, httpsRedirect: 'always' }
  }
  if (annotations[`${PREFIX}backend-protocol`]?.trim().toUpperCase() === 'HTTPS') {
    settings = { ...settings, protocol: 'https' }
  }
  for (const [name, none] of Object.entries(PROTECTIONS)) {
    const value = annotations[`${PREFIX}${name}`]?.trim()
    if (value === undefined || value === none) continue
    report(
      'ANNOTATION_PROTECTS',
      `Cannot protect routes with ${PREFIX}${name}: this proxy does not have it, an ALB does; they answer 503 here until it is removed`,
      originOfKey(ingress, 'metadata', 'annotations', `${PREFIX}${name}`),
    )
    settings = { ...settings, isDenied: true }
  }
  return settings
}
