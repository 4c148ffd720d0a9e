/** Redirects, TLS, content, errors and external authentication: rows of the table of ConfigMap keys (ingress-nginx, configmap.md). */
import { idle, keyFamily, refused } from './config-key-row.ts'

export const TLS = keyFamily('Redirects, HSTS, TLS', {
  'ssl-redirect': 'true',
  'force-ssl-redirect': 'false',
  'http-redirect-code': '308',
  'relative-redirects': 'false',
  'use-port-in-redirects': 'false',
  hsts: 'true',
  'hsts-max-age': '31536000',
  'hsts-include-subdomains': 'true',
  'hsts-preload': 'false',
  'ssl-protocols': ['TLSv1.2 TLSv1.3', 'Older versions in the list are passed over, with a finding.'],
  'ssl-ciphers': [
    'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256',
    'Suites of TLS 1.2; those of TLS 1.3 are always offered. Names that OpenSSL does not know are passed over, with a finding; of a list without any other the default applies.',
  ],
  'ssl-prefer-server-ciphers': 'true',
  'ssl-ecdh-curve': 'auto',
  'ssl-session-cache': idle(
    'true',
    'sessions resume by tickets that all workers share, so there is no cache to set; ssl-session-tickets: "false" turns resumption off',
  ),
  'ssl-session-cache-size': idle('10m', 'sessions resume by tickets, so there is no cache to size'),
  'ssl-session-timeout': '10m',
  'ssl-session-tickets': [
    'true',
    'On by default, unlike in ingress-nginx, because tickets are the only way to resume a session here. The keys are made at start and never leave memory. Hosts that ask for client certificates give none.',
  ],
  'ssl-session-ticket-key': [
    '',
    '48 or 80 bytes in Base64, from which the keys are derived: replicas that share it resume the sessions of one another.',
  ],
  'ssl-early-data': idle('false', 'early data can be replayed by anybody who sees it, so it is never accepted'),
  'ssl-buffer-size': idle('4k', 'records of TLS are as long as what is written'),
  'ssl-dh-param': idle('', 'key exchange is by elliptic curves'),
  'ssl-reject-handshake': ['false', 'A rule for all hosts makes no name known. The alert is `unrecognized_name`.'],
  'enable-ocsp': idle('false', 'answers of OCSP responders are not stapled'),
})

export const CONTENT = keyFamily('Content, headers, errors', {
  'use-gzip': 'false',
  'gzip-level': '1',
  'gzip-min-length': '256',
  'gzip-types':
    'application/atom+xml application/javascript application/x-javascript application/json application/rss+xml application/vnd.ms-fontobject application/x-font-ttf application/x-web-app-manifest+json application/xhtml+xml application/xml font/opentype image/svg+xml image/x-icon text/css text/javascript text/plain text/x-component',
  'gzip-disable': idle('', 'it names browsers of before 2001'),
  'enable-brotli': 'false',
  'brotli-level': '4',
  'brotli-min-length': '20',
  'brotli-types':
    'application/xml+rss application/atom+xml application/javascript application/x-javascript application/json application/rss+xml application/vnd.ms-fontobject application/x-font-ttf application/x-web-app-manifest+json application/xhtml+xml application/xml font/opentype image/svg+xml image/x-icon text/css text/javascript text/plain text/x-component',
  'custom-http-errors': '',
  'disable-proxy-intercept-errors': 'false',
  'add-headers': '',
  'proxy-set-headers': ['', 'Values may hold variables.'],
})

export const GLOBAL_AUTH = keyFamily('External authentication of all routes', {
  'global-auth-url': [
    '',
    'A value of any `global-auth-*` key that cannot be read answers 503 on routes without `enable-global-auth: "false"`.',
  ],
  'global-auth-method': '',
  'global-auth-signin': '',
  'global-auth-signin-redirect-param': 'rd',
  'global-auth-response-headers': '',
  'global-auth-request-redirect': '',
  'global-auth-cache-key': '',
  'global-auth-cache-duration': '200 202 401 5m',
  'global-auth-always-set-cookie': 'false',
  'global-auth-snippet': refused('configuration text is never executed; write auth-proxy-set-headers at the Ingresses'),
})
