/** Annotations of Kubernetes itself that concern traffic, and prefixes that other software owns. */
import { BOOL, CIDR_LIST, rowsOf, TEXT, type Vocabulary } from './vocabulary.ts'

/** `kubernetes.io/`: many other names live here, so only near misses of the listed ones are remarked on. */
export const KUBERNETES: Vocabulary = {
  controller: 'Kubernetes',
  prefix: 'kubernetes.io/',
  rows: [
    ...rowsOf('core', { 'ingress.class': TEXT }, ['Ingress', 'HTTPProxy', 'IngressRoute']),
    ...rowsOf('common', { 'ingress.allow-http': BOOL }),
    ...rowsOf('rare', { 'ingress.global-static-ip-name': TEXT, 'ingress.regional-static-ip-name': TEXT }),
  ],
  aliases: {},
  removed: {},
  strict: 'close',
  areValuesJudgedElsewhere: false,
}

export const INGRESS_CLASS: Vocabulary = {
  controller: 'Kubernetes',
  prefix: 'ingressclass.kubernetes.io/',
  rows: rowsOf('core', { 'is-default-class': BOOL }, ['IngressClass']),
  aliases: {},
  removed: {},
  strict: 'all',
  areValuesJudgedElsewhere: true,
}

export const SERVICE_GA: Vocabulary = {
  controller: 'Kubernetes',
  prefix: 'service.kubernetes.io/',
  rows: rowsOf('rare', { 'load-balancer-source-ranges': CIDR_LIST }, ['Service']),
  aliases: {},
  removed: {},
  strict: 'close',
  areValuesJudgedElsewhere: false,
}

/**
 * Prefixes (the part before the slash) of software that does not route requests, or that Genkan's other rooms read.
 * An entry that begins with a dot stands for every name below that domain.
 */
const FOREIGN_PREFIXES: readonly string[] = [
  'acme.cert-manager.io',
  'app.kubernetes.io',
  'argocd.argoproj.io',
  'autoscaling.alpha.kubernetes.io',
  'batch.kubernetes.io',
  'cert-manager.io',
  'certmanager.k8s.io',
  'checksum',
  'cloud.google.com',
  'cluster-autoscaler.kubernetes.io',
  'control-plane.alpha.kubernetes.io',
  'controller.kubernetes.io',
  'deployment.kubernetes.io',
  'elbv2.k8s.aws',
  'endpoints.kubernetes.io',
  'external-dns.alpha.kubernetes.io',
  'external-dns.kubernetes.io',
  'field.cattle.io',
  'gateway.networking.k8s.io',
  'helm.sh',
  'ingress.k8s.aws',
  'kubectl.kubernetes.io',
  'kustomize.toolkit.fluxcd.io',
  'meta.helm.sh',
  'metallb.io',
  'metallb.universe.tf',
  'networking.gke.io',
  'pod-security.kubernetes.io',
  'prometheus.io',
  'reflector.v1.k8s.emberstack.com',
  'reloader.stakater.com',
  'service.alpha.kubernetes.io',
  'service.k8s.aws',
  'storageclass.kubernetes.io',
  'volume.beta.kubernetes.io',
  'volume.kubernetes.io',
  '.authorization.kubernetes.io',
  '.security.beta.kubernetes.io',
  '.gatekeeper.sh',
  '.security.alpha.kubernetes.io',
]

/** Prefixes that other ingress controllers read and Genkan does not, and whose they are. */
export const OTHER_CONTROLLERS: Readonly<Record<string, string>> = {
  'appgw.ingress.kubernetes.io': 'the Azure Application Gateway controller',
  'configuration.konghq.com': 'Kong',
  'getambassador.io': 'Ambassador',
  'haproxy-ingress.github.io': 'HAProxy Ingress',
  'haproxy.com': 'the HAProxy Technologies controller',
  'haproxy.org': 'the HAProxy Technologies controller',
  'ingress.appscode.com': 'Voyager',
  'ingress.cilium.io': 'Cilium',
  'ingress.gcp.kubernetes.io': 'the controller of Google Kubernetes Engine',
  'ingress.zlab.co.jp': 'nghttpx-ingress-lb',
  'k8s.apisix.apache.org': 'Apache APISIX',
  'konghq.com': 'Kong',
  'nginx.com': "F5's NGINX Ingress Controller",
  'nginx.org': "F5's NGINX Ingress Controller",
  'appprotect.f5.com': "F5's NGINX Ingress Controller",
  'traefik.ingress.kubernetes.io': 'Traefik',
  'voyager.appscode.com': 'Voyager',
  'zalando.org': 'kube-ingress-aws-controller and skipper',
}

/** Names without a slash, by how they begin. */
export const OTHER_BARE_NAMES: Readonly<Record<string, string>> = { 'traefik.': 'Traefik 1' }

/** True for prefixes that are somebody else's and pass in silence. */
export function isForeignPrefix(prefix: string): boolean {
  return FOREIGN_PREFIXES.some((known) => (known.startsWith('.') ? prefix.endsWith(known) : prefix === known))
}
