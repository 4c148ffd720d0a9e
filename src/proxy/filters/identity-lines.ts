/** What a default backend is told about the request that nobody else could answer (ingress-nginx, custom-errors.md). */
import type { RequestRecord } from '../request-record.ts'

/** Lower-case names: a client's own are dropped before. */
export const IDENTITY_HEADERS: readonly string[] = [
  'x-code',
  'x-format',
  'x-namespace',
  'x-ingress-name',
  'x-service-name',
  'x-service-port',
]

export function identityLines({ route, headerLines }: RequestRecord, status: number): string {
  let lines = `X-Code: ${status}\r\n`
  const accept = /^accept:[ \t]*([^\r\n]*)/im.exec(headerLines)?.[1] ?? ''
  if (accept !== '') lines += `X-Format: ${accept}\r\n`
  if (route === null) return lines
  const { namespace, ingress, service, servicePort } = route.labels
  return (
    `${lines}X-Namespace: ${namespace}\r\nX-Ingress-Name: ${ingress}\r\n` +
    `X-Service-Name: ${service}\r\nX-Service-Port: ${servicePort}\r\n`
  )
}
