/**
 * Settings from the arguments of an ingress-nginx Deployment among the manifests, so that a folder which was applied to
 * a cluster as a whole is served here as it was there, without repeating its flags.
 */
import type { Origin } from '../../base/finding.ts'
import { describeObject, originOf } from '../../kube/meta.ts'
import type { Container, Workload } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import type { Report } from '../report.ts'
import type { TranslateOptions } from '../translation.ts'

/** A setting and where it was written. */
export interface Sourced {
  /** `namespace/name`; empty = not given. */
  readonly value: string
  readonly origin: Origin
}

export interface ControllerArgs {
  readonly configMap: Sourced
  readonly defaultBackendService: Sourced
  /** Classes that the Deployments serve, for nginx Ingresses; empty = not given. */
  readonly classes: readonly string[]
}

const OPTION_ORIGIN: Origin = { object: 'command line', path: '' }

/** Options win over arguments; of several Deployments the oldest gives names, and all give classes. */
export function readControllerArgs(snapshot: Snapshot, options: TranslateOptions, report: Report): ControllerArgs {
  let configMap: Sourced = { value: options.configMap, origin: OPTION_ORIGIN }
  let defaultBackendService: Sourced = { value: options.defaultBackendService, origin: OPTION_ORIGIN }
  const classes: string[] = []
  for (const workload of snapshot.workloads) {
    if (workload.kind !== 'Deployment' && workload.kind !== 'DaemonSet') continue
    workload.template.containers.forEach((container, index) => {
      if (!isController(container)) return
      const flags = readFlags(container.args, workload.meta.namespace)
      const origin = originOf(workload, 'spec', 'template', 'spec', 'containers', index, 'args')
      const used: string[] = []
      const configMapName = flags.get('configmap') ?? ''
      if (configMap.value === '' && configMapName !== '') {
        configMap = { value: configMapName, origin }
        used.push(`--configmap=${configMapName}`)
      }
      const serviceName = flags.get('default-backend-service') ?? ''
      if (defaultBackendService.value === '' && serviceName !== '') {
        defaultBackendService = { value: serviceName, origin }
        used.push(`--default-backend-service=${serviceName}`)
      }
      const className = flags.get('ingress-class') ?? ''
      if (options.classes.length === 0 && className !== '' && flags.get('watch-ingress-without-class') !== 'true') {
        classes.push(className)
        used.push(`--ingress-class=${className}`)
      }
      if (used.length > 0) remark(workload, used, origin, report)
    })
  }
  return { configMap, defaultBackendService, classes }
}

function remark(workload: Workload, used: readonly string[], origin: Origin, report: Report): void {
  report('CONTROLLER_ARGS_READ', `Settings are taken from ${describeObject(workload)}: ${used.join(' ')}`, origin)
}

function isController(container: Container): boolean {
  return (
    /(?:^|\/)(?:nginx-ingress-controller|ingress-nginx\/controller)(?:[-:@]|$)/.test(container.image) ||
    container.args.some((argument) => argument === '/nginx-ingress-controller')
  )
}

/** `--name=value` and `--name value`; a flag without value reads `true`. `$(POD_NAMESPACE)` is where the pod runs. */
function readFlags(args: readonly string[], namespace: string): ReadonlyMap<string, string> {
  const flags = new Map<string, string>()
  for (const [index, argument] of args.entries()) {
    const match = /^--?([a-z][\w-]*)(?:=([^]*))?$/.exec(argument)
    if (match?.[1] === undefined) continue
    const next = args[index + 1]
    const value = match[2] ?? (next === undefined || next.startsWith('-') ? 'true' : next)
    flags.set(match[1], value.replaceAll('$(POD_NAMESPACE)', namespace).trim())
  }
  return flags
}
