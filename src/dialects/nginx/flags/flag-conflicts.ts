/** What flags may not say together, and ranges that end ingress-nginx at its start (its cli-arguments.md). */
import { FINDING_CODES } from '../../../base/finding-codes.ts'
import type { Finding, Origin } from '../../../base/finding.ts'
import { parseLabelSelector } from '../../../kube/label-selector.ts'
import type { ControllerOptions, FlagName } from './flag-table.ts'

const PORTS: readonly FlagName[] = ['http-port', 'https-port', 'healthz-port', 'default-server-port', 'status-port']
const EXCLUSIVE: readonly (readonly [FlagName, FlagName])[] = [
  ['publish-service', 'publish-status-address'],
  ['watch-namespace', 'watch-namespace-selector'],
]
/** `namespace/name`. */
const REFERENCES: readonly FlagName[] = [
  'configmap',
  'default-backend-service',
  'default-ssl-certificate',
  'publish-service',
  'tcp-services-configmap',
  'udp-services-configmap',
]

export function checkTogether(
  options: ControllerOptions,
  given: ReadonlyMap<FlagName, number>,
  originOf: (index: number) => Origin,
): readonly Finding[] {
  const findings: Finding[] = []
  const report = (name: FlagName, message: string): void => {
    const code = 'CONTROLLER_FLAG_VALUE'
    findings.push({ code, severity: FINDING_CODES[code].severity, message, origin: originOf(given.get(name) ?? 0) })
  }
  for (const [a, b] of EXCLUSIVE) {
    if (isSet(options[a]) && isSet(options[b]))
      report(b, `Cannot use --${b}: --${a} is given too; remove one of the two`)
  }
  const taken = new Map<number, FlagName>()
  for (const name of PORTS) {
    const port = options[name] as number
    if (port < 1 || port > 65_535) report(name, `Cannot use --${name}: ${port} is no port; accepted is 1 to 65535`)
    const other = taken.get(port)
    if (other !== undefined && (given.has(name) || given.has(other))) {
      report(name, `Cannot use --${name}: --${other} has port ${port} too; give each a port of its own`)
    }
    taken.set(port, name)
  }
  if (parseLabelSelector(options['watch-namespace-selector']) === null) {
    const value = JSON.stringify(options['watch-namespace-selector'].slice(0, 80))
    report(
      'watch-namespace-selector',
      `Cannot use --watch-namespace-selector: its value is ${value}; accepted are requirements like team=web,tier in (a, b),!old`,
    )
  }
  for (const name of REFERENCES) {
    const value = options[name] as string
    if (value !== '' && !/^[^/\s]+\/[^/\s]+$/.test(value)) {
      report(
        name,
        `Cannot use --${name}: its value is ${JSON.stringify(value.slice(0, 80))}; accepted is namespace/name`,
      )
    }
  }
  if (options['status-update-interval'] < 5) {
    report(
      'status-update-interval',
      `Cannot use --status-update-interval: ${options['status-update-interval']} is too often; accepted are 5 seconds and more`,
    )
  }
  return findings
}

function isSet(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== ''
}
