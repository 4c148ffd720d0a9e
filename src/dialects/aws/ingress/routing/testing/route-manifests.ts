/** Manifests to the routing of one group, for tests: every Ingress is a member, in the order of the text. */
import { snapshotFromYaml } from '../../../../../../test/support/snapshot-from-yaml.ts'
import { EMPTY_INVENTORY } from '../../../../../aws/stack/inventory.ts'
import type { RuleAction, RuleCondition } from '../../../../../aws/stack/rule.ts'
import type { Finding } from '../../../../../base/finding.ts'
import type { Ingress } from '../../../../../kube/objects.ts'
import type { Snapshot } from '../../../../../kube/snapshot.ts'
import { parseListenPorts } from '../../../../annotations/alb-listeners.ts'
import { createFindingLog } from '../../../../report.ts'
import { AWS_DEFAULTS, type AwsOptions } from '../../../options.ts'
import type { GroupMember, IngressGroup, ListenPort } from '../../group.ts'
import type { GroupRouting, RoutingContext } from '../../routing.ts'
import { buildRouting } from '../build-routing.ts'

export interface RoutedManifests {
  readonly routing: GroupRouting
  readonly findings: readonly Finding[]
  /** `CODE severity path` of each finding. */
  readonly places: readonly string[]
  /** Rules of a port as lines: `host=a path=/x -> forward ns/ing-svc:80`. */
  readonly rules: (port: number) => readonly string[]
  readonly defaults: (port: number) => string
}

export interface RoutingChanges {
  readonly group?: Partial<IngressGroup>
  readonly options?: Partial<AwsOptions>
  readonly context?: Partial<RoutingContext>
  /** By name of the Ingress. */
  readonly refusals?: Readonly<Record<string, string>>
}

export function routeManifests(text: string, changes: RoutingChanges = {}): RoutedManifests {
  return routeSnapshot(snapshotFromYaml(text), changes)
}

export function routeSnapshot(snapshot: Snapshot, changes: RoutingChanges = {}): RoutedManifests {
  const log = createFindingLog()
  const ingresses = [...snapshot.ingresses].sort((a, b) => a.order - b.order)
  const members = ingresses.map((ingress): GroupMember => {
    const refusal = changes.refusals?.[ingress.meta.name] ?? null
    const params = snapshot.ingressClassParams[0] ?? null
    return { ingress, params, ports: portsOf(ingress), refusal }
  })
  const ports = new Map(members.flatMap((member) => member.ports).map((port) => [port.port, port]))
  const [first] = ingresses
  const group: IngressGroup = {
    id: members.length === 1 ? `${first?.meta.namespace}/${first?.meta.name}` : 'shop',
    isExplicit: members.length !== 1,
    members,
    ports: [...ports.values()].sort((a, b) => a.port - b.port),
    sslRedirectPort: null,
    scheme: 'internal',
    ipAddressType: 'ipv4',
    ...changes.group,
  }
  const context: RoutingContext = {
    snapshot,
    options: { ...AWS_DEFAULTS, clusterName: 'demo', inventory: EMPTY_INVENTORY, nowMs: 0, ...changes.options },
    report: log.report,
    backendSecurityGroup: 'sg-backend',
    tagsOf: () => ({}),
    ...changes.context,
  }
  const routing = buildRouting(group, context)
  const find = (port: number): GroupRouting['ports'][number] => {
    const found = routing.ports.find((candidate) => candidate.port === port)
    if (found === undefined) throw new RangeError(`Cannot find port ${port}: the group does not listen on it`)
    return found
  }
  return {
    routing,
    findings: log.findings,
    places: log.findings.map(({ code, severity, origin }) => `${code} ${severity} ${origin.path}`),
    rules: (port) =>
      find(port).rules.map(({ conditions, actions }) => `${formatConditions(conditions)} -> ${formatActions(actions)}`),
    defaults: (port) => formatActions(find(port).defaultActions),
  }
}

function portsOf(ingress: Ingress): readonly ListenPort[] {
  const parsed = parseListenPorts(ingress.meta.annotations['alb.ingress.kubernetes.io/listen-ports'] ?? '[{"HTTP":80}]')
  return parsed.ok ? parsed.listeners : [{ protocol: 'HTTP', port: 80 }]
}

export function formatConditions(conditions: readonly RuleCondition[]): string {
  return conditions
    .map((condition) => {
      const name = 'name' in condition ? `${condition.field}:${condition.name}` : condition.field
      if ('regexValues' in condition) return `${name}~${condition.regexValues.join('|')}`
      const values = condition.values.map((value) =>
        typeof value === 'string' ? value : `${value.key}:${value.value}`,
      )
      return `${name.replace('host-header', 'host').replace('path-pattern', 'path')}=${values.join('|')}`
    })
    .join(' ')
}

export function formatActions(actions: readonly RuleAction[]): string {
  return actions.map(formatAction).join(', ')
}

function formatAction(action: RuleAction): string {
  switch (action.type) {
    case 'forward': {
      const targets = action.targetGroups.map(({ targetGroup, weight }) => {
        const name = typeof targetGroup === 'string' ? targetGroup : targetGroup.ref.replace('TargetGroup/', '')
        return action.targetGroups.length === 1 && weight === 1 ? name : `${name}*${weight}`
      })
      const sticky = action.stickinessSeconds === undefined ? '' : ` sticky ${action.stickinessSeconds}s`
      return `forward ${targets.join(' ')}${sticky}`
    }
    case 'redirect': {
      const { protocol, host, port, path, query } = action
      return `${action.statusCode} ${protocol}://${host}:${port}${path}?${query}`
    }
    case 'fixed-response':
      return `${action.statusCode} ${action.contentType} ${action.messageBody}`.trimEnd()
    case 'authenticate-cognito':
    case 'authenticate-oidc':
    case 'jwt-validation':
      return action.type
  }
}
