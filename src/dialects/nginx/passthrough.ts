/** `ssl-passthrough`: hosts whose TLS goes to a Service unopened (ingress-nginx, tls.md: SSL Passthrough). */
import { describeObject, originOf } from '../../kube/meta.ts'
import type { VirtualHost } from '../../routing/model.ts'
import type { PassthroughHost } from '../../routing/streams.ts'
import type { HostDraft } from '../ingress/location.ts'
import type { Report } from '../report.ts'
import { type SettingRow, settingRow } from './setting-row.ts'
import { decodeBoolean } from './values.ts'

interface Draft {
  passesTls?: boolean
}

export const PASSTHROUGH_ROWS: Readonly<Record<string, SettingRow<Draft>>> = {
  'ssl-passthrough': settingRow(decodeBoolean, (draft, value) => {
    draft.passesTls = value
  }),
}

const ANNOTATION = 'nginx.ingress.kubernetes.io/ssl-passthrough'

/**
 * The Service of path `/` of each host that an Ingress passes through, whichever Ingress has that path.
 *
 * @param hosts with routes, of the same drafts
 * @param isAllowed the controller's flag
 */
export function collectPassthrough(
  drafts: readonly HostDraft[],
  hosts: readonly VirtualHost[],
  isAllowed: boolean,
  report: Report,
): readonly PassthroughHost[] {
  const byName = new Map(hosts.map((host) => [host.host, host]))
  const found: PassthroughHost[] = []
  for (const { host, members } of drafts) {
    const asking = members.find(({ settings }) => settings.passesTls === true)
    if (asking === undefined) continue
    const refuse = (state: string, accepted: string): void =>
      report(
        'PASSTHROUGH_UNUSABLE',
        `Cannot pass TLS of ${host === '' ? 'all hosts' : host} to the Service of ${describeObject(asking.ingress)}: ${state}, so TLS ends here; accepted is ${accepted}`,
        originOf(asking.ingress, 'metadata', 'annotations', ANNOTATION),
      )
    if (!isAllowed) {
      refuse('ssl-passthrough is not allowed', 'a start with --enable-ssl-passthrough')
      continue
    }
    if (host === '') {
      refuse('the rule has no host, and TLS is told apart by its server name', 'a rule with a host')
      continue
    }
    const route = byName
      .get(host)
      ?.routes.find(({ labels, action }) => labels.path === '/' && action.kind === 'forward')
    if (route?.action.kind !== 'forward') {
      refuse('path / of the host leads to no Service', 'a path / with a Service')
      continue
    }
    found.push({ host, backendId: route.action.backendId, labels: route.labels, origin: route.origin })
  }
  return found.sort((a, b) => (a.host < b.host ? -1 : 1))
}
