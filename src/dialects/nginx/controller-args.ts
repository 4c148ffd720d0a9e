/**
 * Settings from the arguments of an ingress-nginx Deployment among the manifests, so that a folder which was applied to
 * a cluster as a whole is served here as it was there, without repeating its flags.
 */
import type { Origin } from '../../base/finding.ts'
import { describeObject, originOf } from '../../kube/meta.ts'
import type { Container, Workload } from '../../kube/objects.ts'
import type { Snapshot } from '../../kube/snapshot.ts'
import type { ControllerRules } from '../ingress/controller-rules.ts'
import type { Report } from '../report.ts'
import type { TranslateOptions } from '../translation.ts'
import { type ControllerCommand, DEFAULT_CONTROLLER_OPTIONS, parseControllerFlags } from './controller-flags.ts'
import type { FlagName } from './flags/flag-table.ts'

/** A setting and where it was written. */
export interface Sourced {
  /** `namespace/name`; empty = not given. */
  readonly value: string
  readonly origin: Origin
}

export interface ControllerArgs {
  readonly configMap: Sourced
  readonly defaultBackendService: Sourced
  readonly defaultCertificate: Sourced
  readonly tcpServices: Sourced
  readonly udpServices: Sourced
  /** Without the slash. */
  readonly annotationsPrefix: string
  readonly allowsExternalNames: boolean
  /** `--enable-ssl-passthrough`. */
  readonly allowsPassthrough: boolean
  /** One for each controller that narrows what it serves, or does not. */
  readonly controllers: readonly ControllerRules[]
}

/** An ingress-nginx controller among the manifests, with its command line. */
export interface FoundController {
  readonly workload: Workload
  readonly command: ControllerCommand
  /** Of all arguments. */
  readonly origin: Origin
}

/** The same, or this process: `null`. */
type Commanded = Omit<FoundController, 'workload'> & { readonly workload: Workload | null }

const OPTION_ORIGIN: Origin = { object: 'command line', path: '' }
const CLASS_FLAGS: readonly FlagName[] = [
  'ingress-class',
  'controller-class',
  'ingress-class-by-name',
  'watch-ingress-without-class',
]

/** Controllers in the Snapshot's order, oldest first. */
export function findControllers(snapshot: Snapshot): readonly FoundController[] {
  const found: FoundController[] = []
  for (const workload of snapshot.workloads) {
    if (workload.kind !== 'Deployment' && workload.kind !== 'DaemonSet') continue
    workload.template.containers.forEach((container, index) => {
      if (!isController(container)) return
      const place = ['spec', 'template', 'spec', 'containers', index, 'args'] as const
      const args = container.args.map((argument) => argument.replaceAll('$(POD_NAMESPACE)', workload.meta.namespace))
      const command = parseControllerFlags(args, (position) => originOf(workload, ...place, position))
      found.push({ workload, command, origin: originOf(workload, ...place) })
    })
  }
  return found
}

/** Options win over arguments; of several Deployments the oldest gives names, and all say which Ingresses they serve. */
export function readControllerArgs(snapshot: Snapshot, options: TranslateOptions, report: Report): ControllerArgs {
  const found: readonly Commanded[] =
    options.controller === undefined
      ? findControllers(snapshot)
      : [{ workload: null, command: options.controller, origin: OPTION_ORIGIN }]
  const used = found.map((): string[] => [])
  const sourced = (name: FlagName, option = ''): Sourced => {
    if (option !== '') return { value: option, origin: OPTION_ORIGIN }
    for (const [index, { command, origin }] of found.entries()) {
      const value = command.options[name] as string
      if (value === '' || !command.given.has(name)) continue
      used[index]?.push(`--${name}=${value}`)
      return { value, origin }
    }
    return { value: '', origin: OPTION_ORIGIN }
  }
  const configMap = sourced('configmap', options.configMap)
  const defaultBackendService = sourced('default-backend-service', options.defaultBackendService)
  const controllers = found.map((controller, index) => {
    const rules = readRules(controller)
    if (options.classes.length === 0) {
      used[index]?.push(...CLASS_FLAGS.flatMap((name) => shown(controller.command, name)))
    }
    used[index]?.push(
      ...(['watch-namespace', 'disable-catch-all'] as const).flatMap((name) => shown(controller.command, name)),
    )
    return rules
  })
  const args: ControllerArgs = {
    configMap,
    defaultBackendService,
    defaultCertificate: sourced('default-ssl-certificate'),
    tcpServices: sourced('tcp-services-configmap', options.tcpServices),
    udpServices: sourced('udp-services-configmap', options.udpServices),
    annotationsPrefix: sourced('annotations-prefix').value || DEFAULT_CONTROLLER_OPTIONS['annotations-prefix'],
    allowsExternalNames: !found.some(({ command }) => command.options['disable-svc-external-name']),
    allowsPassthrough:
      options.enablesPassthrough === true || found.some(({ command }) => command.options['enable-ssl-passthrough']),
    controllers,
  }
  for (const [index, { workload, command, origin }] of found.entries()) {
    // Our own flags are no news, and were checked before anything was read.
    if (workload === null) continue
    const flags = [
      ...(used[index] ?? []),
      ...(['disable-svc-external-name', 'enable-ssl-passthrough'] as const).flatMap((name) => shown(command, name)),
    ]
    if (flags.length > 0) {
      report('CONTROLLER_ARGS_READ', `Settings are taken from ${describeObject(workload)}: ${flags.join(' ')}`, origin)
    }
    for (const { code, message, origin: place } of command.findings) {
      // What has nothing to do here is no news to somebody who serves or lints a folder; `migrate` tells it.
      if (code !== 'CONTROLLER_FLAG_IDLE') report(code, message, place, 'warning')
    }
  }
  return args
}

function readRules({ workload, command }: Commanded): ControllerRules {
  const { options, given } = command
  return {
    object: workload === null ? OPTION_ORIGIN.object : describeObject(workload),
    ingressClass: options['ingress-class'],
    controllerClass: options['controller-class'],
    isByName: options['ingress-class-by-name'],
    takesClassless: options['watch-ingress-without-class'],
    takesEveryClass: workload !== null && !CLASS_FLAGS.some((name) => given.has(name)),
    ...(workload === null ? { needsClassObject: true } : {}),
    watchNamespace: options['watch-namespace'],
    disablesCatchAll: options['disable-catch-all'],
  }
}

function shown({ options, given }: ControllerCommand, name: FlagName): readonly string[] {
  return given.has(name) ? [`--${name}=${String(options[name])}`] : []
}

function isController(container: Container): boolean {
  return (
    /(?:^|\/)(?:nginx-ingress-controller|ingress-nginx\/controller)(?:[-:@]|$)/.test(container.image) ||
    container.args.some((argument) => argument === '/nginx-ingress-controller')
  )
}
