/** `type: ExternalName`: resolved by the data plane; addresses are taken as they stand. */
import { isIP } from 'node:net'
import { describeObject, originOf } from '../../kube/meta.ts'
import type { Service, ServicePort } from '../../kube/objects.ts'
import type { BackendTarget } from '../../routing/model.ts'
import type { Report } from '../report.ts'

/** Nothing on the proxy's own machine may be reached through a name that a user chose. */
const LOOPBACK = /^(?:localhost|.+\.localhost|localhost\.localdomain|ip6-localhost|ip6-loopback)$/
const NAME = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/

/** Empty endpoints, with EXTERNAL_NAME_INVALID, where the name may not be proxied to. */
export function resolveExternalName(service: Service, port: ServicePort, report: Report): BackendTarget {
  const written = service.spec.externalName
  const name = written.toLowerCase().replace(/\.$/, '')
  // The rule names the Service's port; what listens out there is the targetPort, which is the same when unset.
  const number = typeof port.targetPort === 'number' && port.targetPort > 0 ? port.targetPort : port.port
  const fault = faultOf(name)
  if (fault !== null) {
    report(
      'EXTERNAL_NAME_INVALID',
      `Cannot proxy to ${describeObject(service)}: externalName ${JSON.stringify(written.slice(0, 100))} ${fault}; ` +
        'accepted are DNS names and addresses of other machines',
      originOf(service, 'spec', 'externalName'),
    )
    return { kind: 'endpoints', endpoints: [] }
  }
  return toTarget(name, number)
}

/** A host that a user wrote elsewhere, brackets of IPv6 literals cut. @returns `null` where it may not be proxied to */
export function externalTarget(host: string, port: number): BackendTarget | null {
  const name = host.toLowerCase().replace(/\.$/, '')
  return faultOf(name) === null ? toTarget(name, port) : null
}

function toTarget(name: string, port: number): BackendTarget {
  return isIP(name) === 0
    ? { kind: 'dns', hostname: name, port }
    : { kind: 'endpoints', endpoints: [{ address: name, port, pod: '' }] }
}

function faultOf(name: string): string | null {
  if (name === '') return 'is empty'
  const family = isIP(name)
  if (family === 4) return /^(?:127|0)\./.test(name) ? 'is an address of this machine' : null
  if (family === 6) return isOwnIpv6(name) ? 'is an address of this machine' : null
  if (LOOPBACK.test(name)) return 'is a name of this machine'
  if (!NAME.test(name)) return 'is not a DNS name'
  // Resolvers read numbers in odd notations (`0x7f.1`, `2130706433`) as addresses.
  return /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/.test(name) ? 'ends in a number but is not an address' : null
}

function isOwnIpv6(address: string): boolean {
  if (address.includes('%')) return true
  // URL writes every spelling of an address in one form.
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1)
  return canonical === '::' || canonical === '::1' || /^::ffff:(?:7f[0-9a-f]{2}|[0-9a-f]{1,2}):/.test(canonical)
}
