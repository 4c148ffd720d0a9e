/** Web application firewall: rows of the annotation registry (ingress-nginx, annotations.md: ModSecurity). */
import { BOOL, TEXT } from '../vocabulary.ts'
import { family } from './annotation-row.ts'

export const FIREWALL = family('Web application firewall', 'location', {
  'enable-modsecurity': {
    value: BOOL,
    initial: 'ConfigMap `enable-modsecurity` (false)',
    risk: 'Low',
    tier: 'common',
    support: 'refused',
    note: 'There is no such engine here: with anything but `false` the routes answer 503. Put one before or behind Genkan.',
  },
  'enable-owasp-core-rules': {
    value: BOOL,
    initial: 'ConfigMap `enable-owasp-modsecurity-crs` (false)',
    risk: 'Low',
    tier: 'rare',
    support: 'refused',
    note: 'There is no such engine here: with anything but `false` the routes answer 503. Put one before or behind Genkan.',
  },
  'modsecurity-transaction-id': {
    value: TEXT,
    risk: 'High',
    tier: 'rare',
    support: 'refused',
    note: 'Says nothing without ModSecurity.',
  },
})
