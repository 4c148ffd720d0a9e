/** The labels that ingress-nginx puts on every one of its metrics. */
import { hostname } from 'node:os'
import type { Labels } from './exposition.ts'

/** @param given what the controller knows; the rest has the defaults of a process outside a cluster */
export function createConstLabels(given: {
  readonly namespace?: string
  readonly controllerClass?: string
  readonly pod?: string
}): Labels {
  return {
    controller_class: given.controllerClass ?? 'k8s.io/ingress-nginx',
    controller_namespace: given.namespace ?? '',
    controller_pod: given.pod ?? hostname(),
  }
}
