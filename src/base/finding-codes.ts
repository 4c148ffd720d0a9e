/**
 * The registry of finding codes. One row per code; `docs/findings.md` is checked against it by a test.
 * A code's severity is its usual one; a finding may carry another where the text below says so.
 */
import type { Severity } from './finding.ts'

interface CodeEntry {
  readonly severity: Severity
  /** One sentence: what it means and what to do. */
  readonly meaning: string
}

export const FINDING_CODES = {
  // Reading files
  FILE_UNREADABLE: {
    severity: 'error',
    meaning: 'A path could not be read; check that it exists and that its permissions allow reading.',
  },
  FILE_TOO_LARGE: { severity: 'error', meaning: 'A file is larger than the reader accepts; split it.' },
  FILE_NOT_TEXT: { severity: 'error', meaning: 'A file holds binary data where YAML or JSON text is expected.' },
  FILE_LOOP: {
    severity: 'warning',
    meaning: 'A folder is reached again through a symbolic link and was not entered twice.',
  },
  FILE_KEPT: {
    severity: 'warning',
    meaning: 'A watched file became unreadable or invalid; the objects of its last good form stay in use.',
  },
  FILE_WATCH_POLLED: {
    severity: 'warning',
    meaning: 'The system cannot report file changes (often a limit on watches), so files are compared at intervals.',
  },
  CLUSTER_KIND_UNREAD: {
    severity: 'warning',
    meaning: 'A kind of objects may not be read from the cluster; what depends on them is not checked.',
  },
  CLUSTER_OBJECT_UNREAD: {
    severity: 'warning',
    meaning: 'An object that is referred to may not be read from the cluster; whether it exists and fits is not known.',
  },
  YAML_SYNTAX: {
    severity: 'error',
    meaning: 'A document is not valid YAML or JSON; its last good objects stay in use.',
  },
  DOCUMENT_NOT_OBJECT: {
    severity: 'error',
    meaning: 'A document is not a Kubernetes object (a map with apiVersion and kind).',
  },
  KIND_UNKNOWN: { severity: 'info', meaning: 'Objects of this kind are kept aside; Genkan does not read them.' },
  KIND_MISSING: { severity: 'error', meaning: 'An object has no apiVersion or no kind.' },
  API_VERSION_REMOVED: {
    severity: 'warning',
    meaning: 'The API version is no longer served by Kubernetes; Genkan still reads it, an API server would refuse it.',
  },
  API_VERSION_UNKNOWN: { severity: 'error', meaning: 'The kind exists, but not in this API version.' },
  OBJECT_DUPLICATE: {
    severity: 'warning',
    meaning: 'The same object is written twice; the later one in file order is used.',
  },
  // Decoding fields
  FIELD_TYPE: { severity: 'error', meaning: 'A field has the wrong type.' },
  FIELD_REQUIRED: { severity: 'error', meaning: 'A required field is missing.' },
  FIELD_VALUE: { severity: 'error', meaning: 'A field has the right type but a value that is not accepted.' },
  FIELD_UNKNOWN: { severity: 'warning', meaning: 'A field is not part of the kind and is ignored.' },
  LIST_EXPECTED: { severity: 'error', meaning: 'A map was written where a list is due, usually a missing "- ".' },
  // Annotations
  ANNOTATION_FOREIGN: {
    severity: 'info',
    meaning: 'The annotation belongs to a controller whose annotations Genkan does not read.',
  },
  ANNOTATION_UNKNOWN: {
    severity: 'warning',
    meaning: 'No controller known to Genkan reads this annotation; the message names a close one if there is one.',
  },
  ANNOTATION_VALUE: {
    severity: 'warning',
    meaning: 'An annotation value cannot be used; the default applies. An error where the annotation means protection.',
  },
  ANNOTATION_LEGACY: { severity: 'info', meaning: 'An old spelling of an annotation; the message names today’s.' },
  ANNOTATION_UNSUPPORTED: {
    severity: 'warning',
    meaning: 'The annotation is known but has no effect in this version of Genkan.',
  },
  ANNOTATION_MISPLACED: { severity: 'warning', meaning: 'The annotation is known but not on this kind of object.' },
  ANNOTATION_LONELY: {
    severity: 'warning',
    meaning: 'The annotation says nothing without another one, which the object does not have.',
  },
  ANNOTATION_REFUSED: {
    severity: 'error',
    meaning: 'The annotation carries configuration text that Genkan never executes; the message names a replacement.',
  },
  ANNOTATION_FORBIDDEN: {
    severity: 'error',
    meaning: 'The ConfigMap forbids the annotation, by its risk or by a word in its value, so the routes answer 503.',
  },
  ANNOTATION_PROTECTS: {
    severity: 'error',
    meaning:
      'The annotation asks for a protection that is not available or cannot be read, so the routes answer 503 instead of serving unprotected.',
  },
  AUTH_USER_REFUSED: {
    severity: 'error',
    meaning: 'A user of an authentication Secret cannot log in: the password is not hashed in a form that is accepted.',
  },
  // Ingress
  INGRESS_CLASS_UNSERVED: { severity: 'warning', meaning: 'Nobody here serves the class of this Ingress.' },
  INGRESS_CATCH_ALL_DISABLED: {
    severity: 'warning',
    meaning: 'The Ingress has a default backend, and the controller’s --disable-catch-all leaves such Ingresses out.',
  },
  INGRESS_NAMESPACE_UNWATCHED: {
    severity: 'warning',
    meaning: 'The controller’s --watch-namespace leaves out the namespace of this Ingress.',
  },
  INGRESS_CLASS_CONFLICT: {
    severity: 'info',
    meaning: 'Class annotation and spec.ingressClassName are both set; the field wins.',
  },
  INGRESS_CLASS_DEFAULTS: { severity: 'error', meaning: 'More than one IngressClass is marked as default.' },
  INGRESS_EMPTY: {
    severity: 'warning',
    meaning: 'The Ingress has neither rules nor a default backend and routes nothing.',
  },
  BALANCING_CONFLICT: {
    severity: 'warning',
    meaning: 'Two Ingresses ask for different ways of balancing one Service port; the oldest decides.',
  },
  CANARY_ANNOTATION_IDLE: {
    severity: 'info',
    meaning: 'Annotations of a canary Ingress that have no effect, because its main Ingress decides.',
  },
  CANARY_SHADOWED: {
    severity: 'warning',
    meaning: 'Two canaries want requests of one host and path; the oldest gets them.',
  },
  CANARY_WITHOUT_MAIN: {
    severity: 'warning',
    meaning: 'A canary has no main Ingress with the same host, path and path type, and gets no requests.',
  },
  HOST_INVALID: {
    severity: 'error',
    meaning: 'A host is not a DNS name, or a wildcard that is not exactly one leading label.',
  },
  PATH_INVALID: {
    severity: 'error',
    meaning: 'A path does not begin with "/" or contains characters that no request can carry.',
  },
  PATH_NOT_STRICT: {
    severity: 'info',
    meaning:
      'An Exact or Prefix path has characters that ingress-nginx’s webhook refuses; a warning where the ConfigMap asks for that check.',
  },
  PATH_REGEX_LIKE: { severity: 'warning', meaning: 'A path looks like a regular expression but is matched literally.' },
  PATH_CONFLICT: { severity: 'warning', meaning: 'Two Ingresses claim one host and path; the oldest keeps it.' },
  REGEX_INVALID: { severity: 'error', meaning: 'A regular expression cannot be parsed.' },
  REGEX_NOT_LINEAR: {
    severity: 'error',
    meaning:
      'A regular expression cannot run in linear time (look-around, back-references, large counts) and is refused.',
  },
  REGEX_HOST_WIDE: {
    severity: 'info',
    meaning: 'One Ingress turns every path of the host into a case-insensitive regular expression.',
  },
  BACKEND_MISSING: { severity: 'error', meaning: 'A path or default backend names no Service.' },
  BACKEND_RESOURCE: { severity: 'warning', meaning: 'Resource backends are not served; the default backend answers.' },
  SERVICE_NOT_FOUND: { severity: 'error', meaning: 'The Service does not exist; requests get 503.' },
  SERVICE_PORT_NOT_FOUND: {
    severity: 'error',
    meaning: 'The Service does not have this port; the message names the port meant if a targetPort matches.',
  },
  SERVICE_SELECTS_NOTHING: {
    severity: 'warning',
    meaning: 'The selector of the Service matches no pod, so it has no endpoints.',
  },
  SERVICE_TARGET_PORT_UNKNOWN: {
    severity: 'warning',
    meaning: 'A targetPort is a name that no container of the selected pods declares, so the port has no endpoints.',
  },
  NODE_PORT_DUPLICATE: {
    severity: 'error',
    meaning: 'Two Service ports ask for the same nodePort; an API server refuses the second.',
  },
  SERVICE_NO_ENDPOINTS: { severity: 'warning', meaning: 'The Service has no ready endpoint; requests get 503.' },
  SERVICE_SIMULATED: {
    severity: 'info',
    meaning: 'Pods of this Service are simulated by echo servers inside the process.',
  },
  EXTERNAL_NAME_INVALID: { severity: 'error', meaning: 'An externalName is not a host that may be proxied to.' },
  ACTION_NOT_FOUND: {
    severity: 'error',
    meaning: 'A backend with port use-annotation names an action that is not annotated.',
  },
  ACTION_UNUSED: {
    severity: 'warning',
    meaning: 'An actions, conditions or transforms annotation that no path uses has no effect.',
  },
  ALB_NEEDS_NODE_PORT: {
    severity: 'error',
    meaning: 'An ALB with target-type instance needs a Service of type NodePort or LoadBalancer.',
  },
  ALB_REDIRECT_WITHOUT_HTTPS: {
    severity: 'warning',
    meaning: 'A redirect to HTTPS without an HTTPS listener leads nowhere.',
  },
  ALB_HTTP_NOT_LISTENED: { severity: 'warning', meaning: 'certificate-arn without listen-ports leaves only port 443.' },
  NLB_INTERNAL_IS_NOT_A_RANGE: {
    severity: 'warning',
    meaning: 'aws-load-balancer-internal only makes the load balancer internal; a range in it restricts nothing.',
  },
  // AWS
  AWS_AUTH_NEEDS_HTTPS: {
    severity: 'error',
    meaning: 'A login or JWT is asked for where there is no HTTPS listener to ask for it, so the routes answer 503.',
  },
  AWS_CERTIFICATE_MISSING: {
    severity: 'error',
    meaning:
      'No certificate was named, found in ACM or can be imported for an HTTPS listener or one of its hosts; the message says what was looked at.',
  },
  AWS_CLASS_PARAMS: {
    severity: 'error',
    meaning:
      'The IngressClassParams of a class do not exist, do not select the namespace of the Ingress or have a value that cannot be used.',
  },
  AWS_DEFAULT_BACKENDS: {
    severity: 'error',
    meaning: 'Two members of an IngressGroup have a default backend on one port; the first in group order answers.',
  },
  AWS_GROUP_CONFLICT: {
    severity: 'warning',
    meaning:
      'Two members of an IngressGroup ask for different settings of what they share; the first in group order decides.',
  },
  AWS_GROUP_REFUSED: {
    severity: 'error',
    meaning: 'An Ingress cannot be a member of the group that it names, and has no load balancer.',
  },
  AWS_GRPC_NEEDS_HTTPS: {
    severity: 'error',
    meaning:
      'An HTTP listener cannot forward to a gRPC target group, so that its route answers 503. A warning where an HTTPS listener serves it.',
  },
  AWS_IPV6_NEEDS_DUALSTACK: {
    severity: 'error',
    meaning:
      'A Service with IPv6 addresses alone cannot be reached by an ipv4 load balancer, so its routes answer 503.',
  },
  AWS_NAME_TAKEN: {
    severity: 'error',
    meaning: 'Two load balancers ask for one name; the later one gets a generated name.',
  },
  AWS_PORT_CLASH: {
    severity: 'error',
    meaning:
      'A member wants another protocol on a port that an earlier member of its group listens on; it goes without that port.',
  },
  AWS_QUOTA: {
    severity: 'error',
    meaning:
      'A load balancer would pass a quota of the account; what does not fit is left out. A warning where everything still fits.',
  },
  AWS_REDIRECT_LATE: {
    severity: 'warning',
    meaning: 'A redirect to HTTPS is listed before paths that are tried before it, so that they are served on HTTP.',
  },
  AWS_REDIRECT_LOOP: {
    severity: 'warning',
    meaning: 'A redirect leads some of its requests to where they come from, and no earlier rule takes them.',
  },
  AWS_REDIRECT_TO_HTTP: {
    severity: 'error',
    meaning: 'A redirect leads from an HTTPS listener to HTTP, which an ALB refuses, so the route answers 503 there.',
  },
  AWS_RULE_TOO_LARGE: {
    severity: 'error',
    meaning:
      'The conditions of a path are more than a listener rule may have and cannot be split, so the path answers 503.',
  },
  AWS_RULE_UNREACHABLE: {
    severity: 'warning',
    meaning: 'Earlier rules of the load balancer take all requests that a path would take.',
  },
  AWS_SECURITY_GROUP_NOT_FOUND: {
    severity: 'error',
    meaning: 'A security group is named by an id or Name tag that the VPC does not have.',
  },
  AWS_SERVICE_LOGIN_IDLE: {
    severity: 'warning',
    meaning: 'A Service asks for a login, and a rule that forwards to several target groups asks for none.',
  },
  AWS_SPILLED_OVER: {
    severity: 'info',
    meaning:
      'A group is larger than one load balancer may be, so that this member is on a further one, with a hostname of its own.',
  },
  AWS_UNREAD: {
    severity: 'warning',
    meaning:
      'A part of the AWS account could not be read, so that the load balancer that depends on it is left as it is.',
  },
  AWS_SUBNETS: {
    severity: 'error',
    meaning: 'No subnets were found that a load balancer can use; the message has a verdict for each subnet.',
  },
  // Bare metal
  METAL_ADDRESSES: {
    severity: 'error',
    meaning:
      'An address of a pool is neither a CIDR nor a range of one family, or the pool has none; the pool is left out.',
  },
  METAL_ADDRESS_TWICE: {
    severity: 'error',
    meaning: 'Two entries of one pool hold the same address; the pool is left out.',
  },
  METAL_ADVERTISEMENT_CONFLICT: {
    severity: 'error',
    meaning:
      'Two advertisements say different things about the same routes, or the very same; the later one is left out.',
  },
  METAL_AGGREGATION: {
    severity: 'error',
    meaning:
      'The aggregation length of an advertisement does not fit: it is out of bounds, shorter than the prefix of a pool, or written beside serviceSelectors; it is left out.',
  },
  METAL_ANNOTATION_OLD: {
    severity: 'info',
    meaning: 'An annotation of a Service has the old prefix metallb.universe.tf; it is still honoured.',
  },
  METAL_BFD_PROFILE: {
    severity: 'error',
    meaning: 'A value of a BFD profile is out of bounds; the profile is left out.',
  },
  METAL_COMMUNITY: {
    severity: 'error',
    meaning:
      'A community is neither a known name nor a value, or a name is given twice; the advertisement that has it, or the name, is left out.',
  },
  METAL_CONFIG_MAP: {
    severity: 'error',
    meaning:
      'A ConfigMap of MetalLB cannot be read or says what is not allowed; the part of it that is wrong is left out.',
  },
  METAL_DUPLICATE: {
    severity: 'error',
    meaning: 'A name or an entry of a list is written twice; the later one is ignored.',
  },
  METAL_LOCAL_PREF: {
    severity: 'error',
    meaning: 'The local preference of an advertisement is no number from 0 to 4294967295; it is left out.',
  },
  METAL_NAMESPACE: {
    severity: 'warning',
    meaning: 'An object of MetalLB’s kinds is in another namespace than the one that is read, and is ignored.',
  },
  METAL_PEER: {
    severity: 'error',
    meaning:
      'A BGP peer has no usable AS number, address, port or router id, a value that is out of bounds, or names a BFD profile that does not exist; it is left out.',
  },
  METAL_PEER_DUPLICATE: {
    severity: 'error',
    meaning: 'Two BGP peers have the same address and port on the same nodes; the later one is left out.',
  },
  METAL_PEER_PASSWORD: {
    severity: 'error',
    meaning:
      'The password of a BGP peer is given twice, or its Secret is missing, of another type or without a password.',
  },
  METAL_PEER_TIMERS: { severity: 'error', meaning: 'The timers of a BGP peer do not fit together; it is left out.' },
  METAL_PEER_UNSUPPORTED: {
    severity: 'error',
    meaning: 'A BGP peer asks for what only FRR can do; it is left out. A warning where it can do without.',
  },
  METAL_POOLS_OVERLAP: {
    severity: 'error',
    meaning: 'Two pools hold the same address; the later one by name is left out.',
  },
  METAL_POOL_NODE_ADDRESS: {
    severity: 'warning',
    meaning: 'A pool holds the address of a node, which would then answer for two things.',
  },
  METAL_POOL_OFF_SUBNET: {
    severity: 'warning',
    meaning:
      'A pool that is announced on the local network has addresses in none of the subnets in which nodes have theirs, as far as the addresses of nodes tell.',
  },
  METAL_POOL_UNANNOUNCED: {
    severity: 'warning',
    meaning: 'A pool is in no advertisement: its addresses are given, and nobody answers for them.',
  },
  METAL_RANGE_BACKWARDS: {
    severity: 'error',
    meaning: 'A range of addresses ends before it begins; the pool is left out.',
  },
  METAL_REFERENCE: { severity: 'warning', meaning: 'An advertisement names a pool or a peer that does not exist.' },
  METAL_SELECTOR: {
    severity: 'error',
    meaning:
      'A label selector, a weight or the pattern of an interface is none that can be used; what has it is left out.',
  },
  METAL_SERVICE: {
    severity: 'error',
    meaning:
      'What a Service asks for cannot be given: no address, two of one family, two spellings at once, or an address or pool that does not exist.',
  },
  METAL_SHARING_CLASH: {
    severity: 'warning',
    meaning:
      'Two Services have the same sharing key and cannot share an address: they have a port in common, or other pods behind the policy Local. An error where both ask for the same address.',
  },
  // TLS
  SECRET_NOT_FOUND: { severity: 'warning', meaning: 'A TLS Secret does not exist; a generated certificate is served.' },
  SECRET_INVALID: { severity: 'error', meaning: 'A TLS Secret cannot be used (type, keys, certificate, private key).' },
  CERTIFICATE_EXPIRED: { severity: 'error', meaning: 'A certificate is expired or not yet valid.' },
  CERTIFICATE_EXPIRES_SOON: { severity: 'warning', meaning: 'A certificate expires within 21 days.' },
  CERTIFICATE_HOST_MISMATCH: {
    severity: 'warning',
    meaning: 'A certificate does not cover the host; the default certificate is served.',
  },
  TLS_SETTING_CONFLICT: {
    severity: 'warning',
    meaning: 'Two Ingresses of a host ask for different TLS; the setting of the oldest holds for the host.',
  },
  PASSTHROUGH_UNUSABLE: {
    severity: 'warning',
    meaning: 'TLS of a host cannot be passed through to its Service, so it ends here; the message says why.',
  },
  TLS_HOST_WITHOUT_RULE: { severity: 'warning', meaning: 'A host under spec.tls has no rule.' },
  // ConfigMap and controller
  CONFIG_MAP_NOT_FOUND: {
    severity: 'warning',
    meaning: 'The ConfigMap given for settings does not exist; defaults apply.',
  },
  CONFIG_KEY_UNKNOWN: { severity: 'warning', meaning: 'A ConfigMap key is not one that ingress-nginx reads.' },
  CONFIG_KEY_UNSUPPORTED: {
    severity: 'info',
    meaning: 'A ConfigMap key is known but has no effect; a warning where something is lost by that.',
  },
  CONFIG_KEY_REFUSED: {
    severity: 'error',
    meaning: 'A ConfigMap key carries configuration text that is never executed; the message names a replacement.',
  },
  CONFIG_PROTECTS: {
    severity: 'error',
    meaning:
      'A ConfigMap key asks for a protection of all routes that is not available, so they answer 503 instead of serving unprotected.',
  },
  CONFIG_VALUE: { severity: 'warning', meaning: 'A ConfigMap value cannot be used; the default applies.' },
  CONTROLLER_ARGS_READ: {
    severity: 'info',
    meaning: 'Settings were taken from the arguments of an ingress-nginx Deployment in the manifests.',
  },
  CONTROLLER_FLAG_IDLE: {
    severity: 'info',
    meaning: 'A flag of ingress-nginx is accepted and has nothing to do here; the message says why.',
  },
  CONTROLLER_FLAG_UNKNOWN: {
    severity: 'error',
    meaning:
      'The command line has a flag that ingress-nginx does not have, or an argument that is no flag. A warning where it is read from manifests.',
  },
  CONTROLLER_FLAG_VALUE: {
    severity: 'error',
    meaning:
      'A flag’s value cannot be read, is out of range or contradicts another flag; the default applies. A warning where it is read from manifests.',
  },
  STREAM_PORT: {
    severity: 'error',
    meaning: 'A port of a TCP or UDP service is no port, or is taken by this process; the others are open.',
  },
  STREAM_VALUE: {
    severity: 'error',
    meaning: 'The value of a TCP or UDP service cannot be used; the other services are live.',
  },
  GATEWAY_DIFFERS: {
    severity: 'info',
    meaning: 'A Gateway API object is written that is not quite the same as what it stands for.',
  },
  GATEWAY_LEFT_OUT: {
    severity: 'error',
    meaning: 'A rule is not written as a Gateway API object, because it must not be served without what has no equal.',
  },
  GATEWAY_NO_EQUAL: {
    severity: 'warning',
    meaning: 'The Gateway API has no equal for a setting; requests are served without it.',
  },
  LOG_VARIABLE_UNKNOWN: {
    severity: 'warning',
    meaning: 'The log format names a variable that Genkan does not have; it is written as "-".',
  },
  TRACING_WITHOUT_COLLECTOR: {
    severity: 'warning',
    meaning: 'Traces are asked for, but no collector is named: trace contexts are passed on and spans go nowhere.',
  },
  AWS_BINDING_CONFLICT: {
    severity: 'warning',
    meaning: 'Two TargetGroupBindings name one target group; the older one fills it.',
  },
  AWS_BINDING_INCOMPLETE: {
    severity: 'error',
    meaning:
      'A TargetGroupBinding does not fit its target group, or it is not known enough about; its Service is not registered.',
  },
  AWS_NODE_GROUP_AMBIGUOUS: {
    severity: 'warning',
    meaning:
      'A node or pod has several security groups and the tag of the cluster does not single one out; the message says which one is opened.',
  },
  AWS_NODE_GROUP_UNKNOWN: {
    severity: 'warning',
    meaning: 'The security groups of a target are not known, so that nothing opens them for the load balancer.',
  },
  AWS_NODE_PORT_MISSING: {
    severity: 'error',
    meaning: 'Instances are to be registered for a port that has no nodePort.',
  },
  AWS_NODE_UNKNOWN: {
    severity: 'warning',
    meaning: 'The EC2 instance of a node cannot be told, so that this node alone is no target.',
  },
  AWS_SERVICE_PORT_REFUSED: {
    severity: 'error',
    meaning: 'A port of a Service cannot have a listener; its other ports have theirs.',
  },
  AWS_SERVICE_REFUSED: {
    severity: 'error',
    meaning: 'A Service of type LoadBalancer gets no load balancer, because of what the message names.',
  },
  AWS_SERVICE_UNMANAGED: {
    severity: 'info',
    meaning: 'A Service of type LoadBalancer without a class is left to the cloud controller manager.',
  },
  AWS_SETTING_IDLE: {
    severity: 'info',
    meaning: 'A setting of a load balancer has no effect beside another one, which the message names.',
  },
  AWS_TARGET_GROUP_UNKNOWN: {
    severity: 'error',
    meaning: 'An action forwards to a target group that does not exist, so its routes answer 503.',
  },
  AWS_TARGET_WITHOUT_POD: {
    severity: 'info',
    meaning: 'An endpoint is an address without a pod and is not registered as a target.',
  },
} as const satisfies Record<string, CodeEntry>

export type FindingCode = keyof typeof FINDING_CODES
