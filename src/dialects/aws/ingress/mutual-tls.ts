/** `mutual-authentication`: which listeners ask clients for a certificate (elbv2 MutualAuthenticationAttributes). */
import type { MutualAuthentication } from '../../../aws/stack/model.ts'
import { closestName } from '../../../base/edit-distance.ts'
import { originOf } from '../../../kube/meta.ts'
import { textOf, toObject, type JsonObject } from '../../annotations/json-value.ts'
import { parseBool } from '../../annotations/check-value.ts'
import { reportConflict } from './decide.ts'
import { type GroupContext, refuseUnfound } from './group-context.ts'
import type { GroupPorts } from './listen-ports.ts'
import type { LoadedMember } from './load-groups.ts'

const MAX_VERIFYING = 2

interface Wish {
  readonly member: LoadedMember
  readonly settings: MutualAuthentication
}

export interface MutualTls {
  readonly settings: ReadonlyMap<number, MutualAuthentication>
  /** Ports that cannot be listened on: clients would not be verified there. */
  readonly beyondQuota: ReadonlySet<number>
}

/**
 * By port; ports that nobody writes about are absent. A member whose wish cannot be read or is not what its port has is
 * refused: its routes would be open to clients without a certificate.
 */
export function readMutualTls(context: GroupContext, { members }: GroupPorts): MutualTls {
  const decided = new Map<number, Wish>()
  for (const { member, ports } of members) {
    const reading = context.reader.json([member.ingress], 'mutual-authentication', { protects: true })
    if (reading.kind === 'absent') continue
    if (reading.kind === 'unusable' || !Array.isArray(reading.value)) {
      context.refusals.refuse(member, `${reading.name} cannot be read; correct it`, reading.origin)
      continue
    }
    for (const item of reading.value as readonly unknown[]) {
      const entry = toObject(item)
      if (entry === null) continue
      const port = Number(textOf(entry, 'port'))
      if (!ports.some((one) => one.port === port && one.protocol === 'HTTPS')) {
        const message = `Cannot ask for client certificates on port ${port}: ${member.name} has no HTTPS listener there; write a port of listen-ports`
        context.report('ANNOTATION_LONELY', message, reading.origin)
        continue
      }
      const settings = readEntry(entry, context)
      const isByName = !(textOf(entry, 'trustStore') ?? 'arn:').startsWith('arn:')
      if (isByName && context.unread.needs('trust stores', reading.origin)) continue
      if (typeof settings === 'string') {
        context.report(
          'ANNOTATION_VALUE',
          `Cannot use annotation ${reading.name}: ${settings}`,
          reading.origin,
          'error',
        )
        refuseUnfound(context, member, settings, reading.origin)
        continue
      }
      const earlier = decided.get(port)
      if (earlier === undefined) {
        decided.set(port, { member, settings })
        continue
      }
      if (JSON.stringify(earlier.settings) === JSON.stringify(settings)) continue
      const what = `mutual authentication of port ${port}`
      reportConflict(what, settings.mode, reading, earlier.member, earlier.settings.mode, context.report)
      if (settings.mode === 'off') continue
      const reason = `client certificates are asked for on port ${port} as ${earlier.member.name} says; write the same or use another port`
      context.refusals.refuse(member, reason, reading.origin)
    }
  }
  return {
    settings: new Map([...decided].map(([port, { settings }]) => [port, settings])),
    beyondQuota: beyondQuota(decided, context),
  }
}

/** AWS verifies clients on two listeners of a load balancer and refuses further ones. */
function beyondQuota(decided: ReadonlyMap<number, Wish>, { report }: GroupContext): ReadonlySet<number> {
  const verifying = [...decided].filter(([, { settings }]) => settings.mode === 'verify').sort(([a], [b]) => a - b)
  const further = verifying.slice(MAX_VERIFYING)
  for (const [port, { member }] of further) {
    const message = `Cannot verify client certificates on port ${port} too, so that nothing listens there: ${verifying.length} listeners of the load balancer would, and the quota is ${MAX_VERIFYING}; use fewer ports or another group`
    report('AWS_QUOTA', message, originOf(member.ingress, 'metadata', 'annotations'))
  }
  return new Set(further.map(([port]) => port))
}

/** A text is `<state>; <what would be accepted>`. */
function readEntry(entry: JsonObject, { options: { inventory } }: GroupContext): MutualAuthentication | string {
  // The row has checked the mode, and that a trust store is there for verify alone.
  const mode = textOf(entry, 'mode') as MutualAuthentication['mode']
  if (mode !== 'verify') return { mode }
  const trustStore = textOf(entry, 'trustStore') ?? ''
  const arn = trustStore.startsWith('arn:')
    ? trustStore
    : inventory.trustStores.find(({ name }) => name === trustStore)?.arn
  if (arn === undefined) {
    const names = inventory.trustStores.map(({ name }) => name)
    const close = closestName(trustStore, names)
    const hint = close === null ? '' : `, did you mean "${close}"`
    return `the trust store "${trustStore.slice(0, 60)}" is not known${hint}; write the name or ARN of one that exists`
  }
  const advertise = textOf(entry, 'advertiseTrustStoreCaNames')
  if (advertise !== undefined && advertise !== 'on' && advertise !== 'off') {
    return `advertiseTrustStoreCaNames is "${advertise.slice(0, 20)}"; write "on" or "off"`
  }
  const ignores = entry.get('ignoreclientcertificateexpiry')
  const isIgnoring = typeof ignores === 'string' ? parseBool(ignores) : ignores
  if (isIgnoring !== undefined && typeof isIgnoring !== 'boolean') {
    return 'ignoreClientCertificateExpiry is not a boolean; write true or false'
  }
  return {
    mode,
    trustStoreArn: arn,
    ...(isIgnoring === undefined ? {} : { ignoreClientCertificateExpiry: isIgnoring }),
    ...(advertise === undefined ? {} : { advertiseTrustStoreCaNames: advertise }),
  }
}
