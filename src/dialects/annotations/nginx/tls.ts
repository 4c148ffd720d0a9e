/** TLS of hosts: rows of the annotation registry (ingress-nginx, annotations.md: SSL Passthrough, SSL ciphers). */
import { BOOL, TEXT } from '../vocabulary.ts'
import { family } from './annotation-row.ts'

export const TLS = family('TLS of hosts', 'host', {
  'ssl-passthrough': {
    value: BOOL,
    initial: 'false',
    risk: 'Low',
    tier: 'common',
    support: 'works',
    note: 'Needs the flag `--enable-ssl-passthrough`. By the server name of the ClientHello; the Service of path `/`. Plain http is routed as for other hosts.',
    differs: 'Endpoints instead of the ClusterIP: balanced, retried, and drained. Wildcard hosts work, for one label.',
  },
  'ssl-ciphers': {
    value: TEXT,
    initial: 'ConfigMap `ssl-ciphers`',
    risk: 'Low',
    tier: 'rare',
    support: 'works',
    note: 'Suites of TLS 1.2; those of TLS 1.3 are always offered. Names that OpenSSL does not know are remarked on.',
  },
  'ssl-prefer-server-ciphers': {
    value: BOOL,
    initial: 'ConfigMap `ssl-prefer-server-ciphers` (true)',
    risk: 'Low',
    tier: 'rare',
    support: 'works',
  },
})
