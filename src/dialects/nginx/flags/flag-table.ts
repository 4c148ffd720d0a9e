/** The flags of ingress-nginx's controller by their names, types and defaults (its cli-arguments.md). */
import type { FlagRow, FlagSupport, FlagType, FlagValue } from './flag-row.ts'

type Make<T extends FlagType> = (
  initial: FlagValue<T>,
  support: FlagSupport,
  note: string,
  letter?: string,
) => FlagRow<T>

function of<T extends FlagType>(type: T): Make<T> {
  return (initial, support, note, letter) => ({
    type,
    initial,
    support,
    note,
    ...(letter === undefined ? {} : { letter }),
  })
}

const bool = of('bool')
const int = of('int')
const float = of('float')
const string = of('string')
const duration = of('duration')
const strings = of('strings')
const floats = of('floats')

const PPROF = 'there is no Go profiler here'
const LOOPBACK = 'there is no second process to be steered over loopback'
const KLOG = 'it tunes the logger of a Go program'
const GEOIP = 'addresses are not looked up in a GeoIP database'
const HISTOGRAMS = 'native histograms are not exposed'

export const CONTROLLER_FLAGS = {
  'ingress-class': string('nginx', 'works', 'value of the annotation kubernetes.io/ingress.class that is served'),
  'controller-class': string('k8s.io/ingress-nginx', 'works', 'spec.controller of the IngressClasses that are served'),
  'ingress-class-by-name': bool(false, 'works', 'also serve the IngressClass named as --ingress-class'),
  'watch-ingress-without-class': bool(false, 'works', 'also serve Ingresses without any class'),
  'watch-namespace': string('', 'works', 'serve the Ingresses of this namespace alone'),
  'watch-namespace-selector': string('', 'cluster', 'serve the Ingresses of namespaces with these labels'),
  configmap: string('', 'works', 'namespace/name of the settings'),
  'tcp-services-configmap': string('', 'works', 'namespace/name of the ConfigMap of TCP services'),
  'udp-services-configmap': string('', 'works', 'namespace/name of the ConfigMap of UDP services'),
  'default-backend-service': string('', 'works', 'namespace/name of the Service that answers unknown hosts and paths'),
  'default-ssl-certificate': string('', 'works', 'namespace/name of the certificate for hosts that have none'),
  'annotations-prefix': string('nginx.ingress.kubernetes.io', 'works', 'prefix of the annotations'),
  'disable-catch-all': bool(false, 'works', 'leave out Ingresses with spec.defaultBackend'),
  'disable-svc-external-name': bool(false, 'works', 'Services of type ExternalName answer 503'),
  'enable-ssl-passthrough': bool(false, 'works', 'allow the annotation ssl-passthrough'),
  'enable-topology-aware-routing': bool(false, 'cluster', 'prefer endpoints of the own zone'),

  'publish-service': string('', 'cluster', 'namespace/name of the Service whose addresses go into status'),
  'publish-status-address': strings([], 'cluster', 'addresses that go into status'),
  'update-status': bool(true, 'cluster', 'write addresses into status'),
  'update-status-on-shutdown': bool(true, 'cluster', 'take them out again when the last pod ends'),
  'status-update-interval': int(60, 'cluster', 'seconds between two looks at status'),
  'report-node-internal-ip-address': bool(false, 'cluster', 'internal addresses of nodes go into status'),
  'election-id': string('ingress-controller-leader', 'cluster', 'name of the Lease'),
  'election-ttl': duration(30_000, 'cluster', 'how long the Lease holds'),
  'disable-leader-election': bool(false, 'cluster', 'every pod writes status'),
  'disable-sync-events': bool(false, 'cluster', 'no event for every Ingress that is read'),
  'validating-webhook': string('', 'cluster', 'address of the admission webhook'),
  'validating-webhook-certificate': string('', 'cluster', 'its certificate file'),
  'validating-webhook-key': string('', 'cluster', 'its key file'),
  'apiserver-host': string('', 'cluster', 'URL of the API server'),
  kubeconfig: string('', 'cluster', 'file that says how to reach the API server'),
  'certificate-authority': string('', 'cluster', 'file with the authority of the API server'),

  'http-port': int(80, 'cluster', 'port for http'),
  'https-port': int(443, 'cluster', 'port for https'),
  'healthz-port': int(10_254, 'cluster', 'port for health and metrics'),
  'healthz-host': string('', 'cluster', 'address of that port'),
  'health-check-path': string('/healthz', 'cluster', 'path of the health check'),
  'health-check-timeout': int(10, 'cluster', 'seconds that a health check may take'),
  'shutdown-grace-period': int(0, 'cluster', 'seconds between SIGTERM and the end of new connections'),
  'post-shutdown-grace-period': int(10, 'cluster', 'seconds after the last request'),
  'metrics-per-host': bool(true, 'cluster', 'label metrics by host'),
  'metrics-per-undefined-host': bool(false, 'cluster', 'count requests for unknown hosts too'),
  'report-status-classes': bool(false, 'cluster', 'label metrics 2xx, 3xx instead of the status'),
  'time-buckets': floats([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10], 'cluster', 'buckets of times'),
  'length-buckets': floats([10, 20, 30, 40, 50, 60, 70, 80, 90, 100], 'cluster', 'buckets of lengths'),
  'size-buckets': floats([10, 100, 1000, 10_000, 100_000, 1e6, 1e7], 'cluster', 'buckets of sizes'),
  'exclude-socket-metrics': strings([], 'cluster', 'metrics that are not kept'),
  version: bool(false, 'cluster', 'print the version and end'),

  'enable-metrics': bool(false, 'idle', 'metrics are always there and cost little'),
  'enable-annotation-validation': bool(true, 'idle', 'annotations are always validated'),
  'disable-full-test': bool(false, 'idle', 'the webhook checks one object against the others without rendering any'),
  'deep-inspect': bool(
    true,
    'idle',
    'nothing of an object is pasted into a configuration, so there is nothing to look for',
  ),
  'enable-ssl-chain-completion': bool(
    false,
    'idle',
    'certificates are served as they are; put the whole chain into the Secret',
  ),
  'sync-rate-limit': float(0.3, 'idle', 'changes are served as they come'),
  'sync-period': duration(0, 'idle', 'watches need no resync'),
  'dynamic-configuration-retries': int(15, 'idle', LOOPBACK),
  'default-server-port': int(8181, 'idle', 'unknown hosts are answered without a server of their own'),
  'ssl-passthrough-proxy-port': int(442, 'idle', 'TLS passthrough needs no port of its own'),
  'status-port': int(10_246, 'idle', LOOPBACK),
  'stream-port': int(10_247, 'idle', LOOPBACK),
  'internal-logger-address': string('127.0.0.1:11514', 'idle', 'logs go to standard output or a file directly'),
  profiling: bool(true, 'idle', PPROF),
  'profiler-port': int(10_245, 'idle', PPROF),
  'profiler-address': string('127.0.0.1', 'idle', PPROF),
  'monitor-max-batch-size': int(10_000, 'idle', 'metrics are counted in place, not sent in batches'),
  'bucket-factor': float(0, 'idle', HISTOGRAMS),
  'max-buckets': int(100, 'idle', HISTOGRAMS),
  'maxmind-mirror': string('', 'idle', GEOIP),
  'maxmind-license-key': string('', 'idle', GEOIP),
  'maxmind-edition-ids': string('GeoLite2-City,GeoLite2-ASN', 'idle', GEOIP),
  'maxmind-retries-count': int(1, 'idle', GEOIP),
  'maxmind-retries-timeout': duration(0, 'idle', GEOIP),

  v: int(0, 'idle', KLOG, 'v'),
  vmodule: string('', 'idle', KLOG),
  logtostderr: bool(true, 'idle', KLOG),
  alsologtostderr: bool(false, 'idle', KLOG),
  stderrthreshold: string('2', 'idle', KLOG),
  'log-backtrace-at': string('', 'idle', KLOG),
  'log-dir': string('', 'idle', KLOG),
  'log-file': string('', 'idle', KLOG),
  'log-file-max-size': int(1800, 'idle', KLOG),
  'add-dir-header': bool(false, 'idle', KLOG),
  'one-output': bool(false, 'idle', KLOG),
  'skip-headers': bool(false, 'idle', KLOG),
  'skip-log-headers': bool(false, 'idle', KLOG),
} as const satisfies Readonly<Record<string, FlagRow>>

export type FlagName = keyof typeof CONTROLLER_FLAGS

/** Every flag with its value. Durations in milliseconds. */
export type ControllerOptions = { readonly [K in FlagName]: FlagValue<(typeof CONTROLLER_FLAGS)[K]['type']> }

/** Flags of older releases that Deployments still carry, and what became of them. */
export const REMOVED_FLAGS: Readonly<Record<string, string>> = {
  'enable-dynamic-configuration': 'changes never reload anything; remove it',
  'enable-dynamic-certificates': 'changes never reload anything; remove it',
  'sort-backends': 'the order of endpoints means nothing; remove it',
  'force-namespace-isolation': 'references to other namespaces are refused unless the ConfigMap allows them; remove it',
  'ssl-passtrough-proxy-port': 'TLS passthrough needs no port of its own; remove it',
  'nginx-configmap': 'write --configmap',
  'default-http-backend': 'write --default-backend-service',
  'enable-leader-election': 'write --disable-leader-election=true for the opposite; remove it',
}
