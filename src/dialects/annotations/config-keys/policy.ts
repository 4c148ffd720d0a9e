/** Security, policy and who the client is: rows of the table of ConfigMap keys (ingress-nginx, configmap.md). */
import { idle, keyFamily, refused } from './config-key-row.ts'

export const POLICY = keyFamily('Security and policy', {
  'allow-snippet-annotations': idle('false', 'snippets are never executed, whatever this says'),
  'annotations-risk-level': [
    'High',
    'An Ingress with an annotation above this level answers 503 on its routes, with a finding that names the annotation; ingress-nginx leaves it out without a word. Snippets are refused at any level. A value that cannot be read answers 503 on all routes.',
  ],
  'allow-cross-namespace-resources': 'false',
  'annotation-value-word-blocklist': [
    '',
    'An Ingress with one of these words in the value of an annotation answers 503 on its routes, with a finding.',
  ],
  'strict-validate-path-type': [
    'true',
    'Exact and Prefix paths with other characters than letters, digits and `._-/` are a finding: a remark by default, a warning with `"true"` in the ConfigMap, none with `"false"`. They are served as literal text all the same.',
  ],
  'global-allowed-response-headers': ['', 'Names that `custom-headers` may set.'],
  'whitelist-source-range': ['', 'A list that cannot be read answers 503 on all routes.'],
  'denylist-source-range': ['', 'As `whitelist-source-range`.'],
  'block-cidrs': ['', 'Asked before all else, on every host. A list that cannot be read answers 503 on all routes.'],
  'block-user-agents': ['', 'As `block-cidrs`; `~` and `~*` begin expressions, which run in linear time.'],
  'block-referers': ['', 'As `block-user-agents`.'],
  'no-auth-locations': '/.well-known/acme-challenge',
  'no-tls-redirect-locations': '/.well-known/acme-challenge',
  'hide-headers': ['', 'Fields of upstreams that are taken out. `Server` and `Date` are the proxy’s in any case.'],
  'server-tokens': [
    'false',
    'The Server field is `genkan`, without a version, whatever this says; ingress-nginx takes it out.',
  ],
  'allow-backend-server-header': ['false', 'Where an upstream sends no Server field, ours is added.'],
  'proxy-ssl-location-only': [
    'false',
    'Otherwise `proxy-ssl-secret` of the oldest Ingress also holds for others of the host that have none.',
  ],
  'enable-modsecurity': [
    'false',
    'There is no engine for these rules: with anything but `"false"` all routes answer 503.',
  ],
  'enable-owasp-modsecurity-crs': ['false', 'As `enable-modsecurity`.'],
  'modsecurity-snippet': refused('rules of ModSecurity are never executed; put a firewall in front'),
  'main-snippet': refused('configuration text is never executed; write flags and keys of this ConfigMap'),
  'http-snippet': refused(
    'configuration text is never executed; write add-headers, proxy-set-headers, block-* and other keys of this ConfigMap',
  ),
  'server-snippet': refused(
    'configuration text is never executed; write annotations under genkan.dev/ at the Ingresses',
  ),
  'location-snippet': refused(
    'configuration text is never executed; write annotations under genkan.dev/ at the Ingresses',
  ),
  'stream-snippet': refused('configuration text is never executed; write the ConfigMaps of TCP and UDP services'),
})

export const CLIENT = keyFamily('Client address and forwarded headers', {
  'use-forwarded-headers': ['false', 'Headers of peers in `proxy-real-ip-cidr` alone are believed.'],
  'enable-real-ip': 'false',
  'forwarded-for-header': 'X-Forwarded-For',
  'compute-full-forwarded-for': 'false',
  'proxy-real-ip-cidr': ['0.0.0.0/0', 'A list that cannot be read trusts nobody.'],
  'use-proxy-protocol': 'false',
  'proxy-protocol-header-timeout': '5s',
  'forwarded-for-proxy-protocol-header': idle(
    'X-Forwarded-For-Proxy-Protocol',
    'what the PROXY protocol and the header say is joined without a header in between',
  ),
  'proxy-add-original-uri-header': 'false',
  'generate-request-id': [
    'true',
    'A random id of 32 hex digits where the client sends no X-Request-ID, or one that is longer than 128 characters or not visible ASCII.',
  ],
  'use-geoip': ['false', 'Addresses are not looked up: `$geoip_*` is written as `-`.'],
  'use-geoip2': ['false', 'As `use-geoip`.'],
  'geoip2-autoreload-in-minutes': ['0', 'As `use-geoip`.'],
})
