/** Settings of a group's listeners: security policy, redirect to HTTPS, attributes (elbv2 ModifyListenerAttributes). */
import { originOf } from '../../../kube/meta.ts'
import { fieldReading, valueOr } from '../annotation-reader.ts'
import { ALB_LISTENER_ATTRIBUTES, usableAttributes } from '../attribute-values.ts'
import { pairsToRecord } from '../tags.ts'
import type { ListenPort } from './group.ts'
import { decide, decideKeys } from './decide.ts'
import { type GroupContext, withParams } from './group-context.ts'
import type { GroupPorts } from './listen-ports.ts'

/** The policy of one HTTPS port, from the members that listen there. */
export function sslPolicyOf(context: GroupContext, { members }: GroupPorts, port: number): string {
  const there = members.filter(({ ports }) => ports.some((one) => one.port === port)).map(({ member }) => member)
  const { decision } = decide(
    there,
    `the TLS policy of port ${port}`,
    (member) =>
      withParams(
        member,
        'sslPolicy',
        ['sslPolicy'],
        context.reader.text([member.ingress], 'ssl-policy'),
        (value) => value,
      ),
    context.report,
  )
  return decision?.value ?? context.options.defaultSslPolicy
}

/** The port that HTTP listeners redirect to. `ports` are those that the load balancer has in the end. */
export function readSslRedirect(context: GroupContext, ports: readonly ListenPort[]): number | null {
  const { decision } = decide(
    context.group.members,
    'the port of the redirect to HTTPS',
    (member) =>
      withParams(
        member,
        'sslRedirectPort',
        ['sslRedirectPort'],
        context.reader.text([member.ingress], 'ssl-redirect'),
        (value) => value,
      ),
    context.report,
  )
  if (decision === null) return null
  const port = Number(decision.value)
  if (ports.some((one) => one.port === port && one.protocol === 'HTTPS')) return port
  const found = ports.find((one) => one.port === port)
  const state = found === undefined ? 'nothing listens there' : `the listener there is for ${found.protocol}`
  const message = `Cannot redirect to HTTPS port ${decision.value.slice(0, 20)} (${decision.reading.name}): ${state}, so that HTTP is served as it is; write a port of listen-ports that is HTTPS and has a certificate`
  context.report('ALB_REDIRECT_WITHOUT_HTTPS', message, decision.reading.origin)
  return null
}

/** `listener-attributes.PROTO-PORT`; class parameters win for each key. */
export function listenerAttributesOf(
  context: GroupContext,
  { members }: GroupPorts,
  { protocol, port }: ListenPort,
): Readonly<Record<string, string>> {
  const there = members.filter(({ ports }) => ports.some((one) => one.port === port)).map(({ member }) => member)
  const name = `listener-attributes.${protocol}-${port}`
  const table = ALB_LISTENER_ATTRIBUTES[protocol]
  const written = decideKeys(
    there,
    `the attribute of listener ${protocol}:${port}`,
    ({ ingress }) => usableAttributes(context.reader.map([ingress], name), table, context.report),
    context.report,
  )
  const [ofClass] = there.flatMap(({ params }) => {
    const listeners = params?.spec.listeners ?? []
    const index = listeners.findIndex((listener) => listener.port === port && listener.attributes.length > 0)
    if (params === null || index < 0) return []
    const pairs = pairsToRecord(listeners[index]?.attributes ?? [])
    return [fieldReading(params, pairs, 'spec', 'listeners', index, 'listenerAttributes')]
  })
  const merged = {
    ...written,
    ...(ofClass === undefined ? {} : valueOr(usableAttributes(ofClass, table, context.report), {})),
  }
  return Object.fromEntries(Object.entries(merged).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Attributes of listeners that are not there. */
export function reportLonelyAttributes(context: GroupContext, { members }: GroupPorts): void {
  const prefix = context.reader.fullName('listener-attributes.')
  for (const { member, ports } of members) {
    for (const key of Object.keys(member.ingress.meta.annotations)) {
      if (!key.startsWith(prefix)) continue
      const wanted = key.slice(prefix.length)
      if (ports.some(({ protocol, port }) => wanted === `${protocol}-${port}`)) continue
      const listed = ports.map(({ protocol, port }) => `${protocol}-${port}`).join(', ')
      const message = `Annotation ${key} has no effect: ${member.name} has no listener ${JSON.stringify(wanted.slice(0, 40))}; its listeners are ${listed === '' ? 'none' : listed}`
      context.report('ANNOTATION_LONELY', message, originOf(member.ingress, 'metadata', 'annotations', key))
    }
  }
}
