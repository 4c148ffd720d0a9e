/** `genkan plan` for people: each load balancer as a tree, then what would be done, what is near a quota, and what it costs. */
import type { ListedAction, PlanDocument } from '../../aws/report/plan-document.ts'
import type { RuleCondition } from '../../aws/stack/rule.ts'
import { formatPlace } from '../table.ts'
import { escapeLine } from './escape.ts'

type Balancer = PlanDocument['loadBalancers'][number]

const KINDS = {
  application: 'Application Load Balancer',
  network: 'Network Load Balancer',
  classic: 'Classic Load Balancer',
} as const
const SIGNS = { create: '+', modify: '~', replace: '!', delete: '-', adopt: '=' } as const
/** Part of a quota from which on it is shown. */
const NEARLY = 0.8

export function formatPlan(document: PlanDocument): string {
  const lines = [
    ...document.loadBalancers.flatMap((balancer) => ['', ...formatBalancer(balancer, document)]),
    '',
    ...formatOperations(document),
    ...formatQuotas(document),
    ...formatCost(document),
  ]
  const where = [document.region, `cluster ${document.clusterName}`].filter((text) => text !== '').join(', ')
  const count = document.loadBalancers.length
  const title = `AWS${where === '' ? '' : ` (${where})`}: ${count} load balancer${count === 1 ? '' : 's'}`
  return [title, ...lines].map((line) => `${escapeLine(line)}\n`).join('')
}

function formatBalancer(balancer: Balancer, document: PlanDocument): readonly string[] {
  const { name, type, scheme, ipAddressType, members } = balancer
  const zones = balancer.subnets.map((id) => {
    const zone = document.subnets.find((subnet) => subnet.id === id)?.availabilityZone ?? ''
    return zone === '' ? id : `${id} (${zone})`
  })
  const groups = balancer.securityGroups.map((group) => {
    const known = document.securityGroups.find((one) => one.name === group)
    const rules = known?.ingress.map((rule) => `${rule.protocol} ${formatPorts(rule)} from ${rule.source}`)
    return rules === undefined || rules.length === 0 ? group : `${group} (${rules.join(', ')})`
  })
  const attributes = Object.entries(balancer.attributes).map(([key, value]) => `${key}=${value}`)
  const listeners = document.listeners.filter(({ loadBalancer }) => loadBalancer === name)
  return [
    `${KINDS[type]} ${name}, ${scheme}, ${ipAddressType}`,
    `  for      ${members.join(', ')}${placeOf(balancer)}`,
    `  subnets  ${zones.length === 0 ? 'not known without --inventory or --diff' : zones.join(', ')}`,
    ...(balancer.addresses.length === 0 ? [] : [`  IPs      ${balancer.addresses.map(formatAddress).join(', ')}`]),
    ...(groups.length === 0 ? [] : [`  groups   ${groups.join('; ')}`]),
    ...(attributes.length === 0 ? [] : [`  set      ${attributes.join(', ')}`]),
    ...listeners.flatMap((listener) => formatListener(listener, document)),
  ]
}

function formatAddress({ subnet, allocation, privateIpv4, ipv6 }: Balancer['addresses'][number]): string {
  const chosen = [allocation, privateIpv4, ipv6].filter((address) => address !== undefined).join(' and ')
  return subnet === '' ? chosen : `${chosen} in ${subnet}`
}

function formatListener(listener: PlanDocument['listeners'][number], document: PlanDocument): readonly string[] {
  const { loadBalancer, port, protocol, certificates, sslPolicy, instancePort, instanceProtocol } = listener
  const secrets = certificates.length === 0 ? '' : `, certificate ${certificates.join(', ')}`
  const policy = sslPolicy === '' ? '' : `, ${sslPolicy}`
  if (instancePort !== undefined)
    return [`  ${protocol}:${port} -> instances ${instanceProtocol}:${formatNodePort(instancePort)}${secrets}${policy}`]
  const rules = document.rules.filter((rule) => rule.loadBalancer === loadBalancer && rule.port === port)
  const width = String(rules.length).length
  return [
    `  ${protocol}:${port}${secrets}${policy}`,
    ...rules.map(
      (rule) =>
        `    ${String(rule.priority).padStart(width)}  ${rule.conditions.map(formatCondition).join(' and ')} -> ${formatActions(rule.actions, document)}${placeOf(rule)}`,
    ),
    `    ${'*'.padStart(width)}  ${rules.length === 0 ? 'everything' : 'anything else'} -> ${formatActions(listener.defaultActions, document)}`,
  ]
}

function formatCondition(condition: RuleCondition): string {
  if ('regexValues' in condition) return `${nameOfField(condition)} matching ${condition.regexValues.join(' or ')}`
  if (condition.field === 'query-string') {
    return `query ${condition.values.map(({ key, value }) => (key === '' ? value : `${key}=${value}`)).join(' or ')}`
  }
  return `${nameOfField(condition)} ${condition.values.join(' or ')}`
}

function nameOfField(condition: RuleCondition): string {
  if (condition.field === 'http-header') return `header ${condition.name}`
  return {
    'host-header': 'host',
    'path-pattern': 'path',
    'http-request-method': 'method',
    'source-ip': 'client',
    'query-string': 'query',
  }[condition.field]
}

function formatActions(actions: readonly ListedAction[], document: PlanDocument): string {
  return actions.length === 0 ? 'nothing' : actions.map((action) => formatAction(action, document)).join(', then ')
}

function formatAction(action: ListedAction, document: PlanDocument): string {
  switch (action.type) {
    case 'forward': {
      const several = action.targetGroups.length > 1
      return action.targetGroups
        .map(({ targetGroup, weight }) => `${formatGroup(targetGroup, document)}${several ? ` weight ${weight}` : ''}`)
        .join(' + ')
    }
    case 'redirect':
      return `${action.statusCode.slice(5)} ${action.protocol}://${action.host}:${action.port}${action.path}`
    case 'fixed-response':
      return `${action.statusCode}${action.messageBody === '' ? '' : ` ${JSON.stringify(action.messageBody.slice(0, 80))}`}`
    case 'authenticate-cognito':
      return `sign in with Cognito (${action.config.userPoolDomain})`
    case 'authenticate-oidc':
      return `sign in with ${action.config.issuer}`
    case 'jwt-validation':
      return `check the JWT of ${action.config.issuer}`
  }
}

function formatGroup(name: string, document: PlanDocument): string {
  const group = document.targetGroups.find((one) => one.name === name)
  if (group === undefined) return name
  const targets = group.targets.length === 1 ? '1 target' : `${group.targets.length} targets`
  const port = group.targetType === 'instance' && group.port === 1 ? formatNodePort(0) : String(group.port)
  return `${group.service === '' ? name : group.service} by ${name} (${group.targetType}, ${group.protocol}:${port}, ${targets})`
}

/** Manifests leave it to the API server. */
function formatNodePort(port: number): string {
  return port === 0 ? 'node port' : String(port)
}

function formatOperations(document: PlanDocument): readonly string[] {
  const { operations, held, isDifference } = document
  const what = isDifference ? 'To make AWS so' : 'To make this in an empty account'
  const nothing = isDifference ? [formatNothing(document)] : formatNoBalancers(document)
  const title =
    operations.length === 0 ? nothing : [`${what}, ${operations.length} call${operations.length === 1 ? '' : 's'}:`]
  return [
    ...title,
    ...operations.map(
      ({ verb, summary, outage }) => `  ${SIGNS[verb]} ${summary}${outage === undefined ? '' : `; outage: ${outage}`}`,
    ),
    ...held.map(({ stack, reason }) => `  held back: ${stack}: ${reason}`),
  ]
}

/** Whoever plans has objects, and wonders. */
function formatNoBalancers({ isComplete }: PlanDocument): readonly string[] {
  return isComplete
    ? [
        'Nothing here asks for a load balancer: Ingresses do by the class alb (or an IngressClass of the controller',
        'ingress.k8s.aws/alb), Services by the type LoadBalancer',
      ]
    : ['What asks for a load balancer could not be built: see the errors below']
}

/** No call is not the same as everything being as it was asked for. */
function formatNothing({ isComplete, held }: PlanDocument): string {
  if (isComplete)
    return held.length === 0 ? 'AWS is so already: nothing to do' : 'Nothing to do but for what is held back:'
  return held.length === 0
    ? 'Nothing to do but for what could not be built: see the errors below'
    : 'Nothing to do but for what could not be built (see the errors below) and what is held back:'
}

function formatQuotas({ quotas }: PlanDocument): readonly string[] {
  const near = quotas.filter(({ used, limit }) => used >= limit * NEARLY)
  if (near.length === 0) return []
  return [
    '',
    'Near or over a quota:',
    ...near.map(
      ({ name, of, used, limit, isExceeded }) =>
        `  ${name}${of === '' ? '' : ` of ${of}`}: ${used} of ${limit}${isExceeded ? ', EXCEEDED' : ''}`,
    ),
  ]
}

function formatCost({ cost }: PlanDocument): readonly string[] {
  if (cost.items.length === 0) return []
  return [
    '',
    `Fixed cost: $${cost.usdPerMonth.toFixed(2)} a month (${cost.items.map(({ what, count, usdPerMonth }) => `${count} x ${what} $${usdPerMonth.toFixed(2)}`).join(', ')})`,
    `  assuming ${cost.assumption}`,
  ]
}

/** ICMP has a type and a code in the place of ports. */
function formatPorts({
  protocol,
  fromPort,
  toPort,
}: PlanDocument['securityGroups'][number]['ingress'][number]): string {
  if (fromPort === -1) return 'all'
  if (protocol.startsWith('icmp')) return `type ${fromPort} code ${toPort}`
  return fromPort === toPort ? String(fromPort) : `${fromPort}-${toPort}`
}

function placeOf({ origin }: { readonly origin: { readonly file?: string; readonly line?: number } | null }): string {
  const place = origin === null ? '' : formatPlace(origin)
  return place === '' ? '' : `  (${place})`
}
