/**
 * From what annotations ask for to gates: Secrets and ConfigMaps are read, hosts of services become backends. Whatever
 * cannot be found or read closes the routes, also where ingress-nginx would serve them unprotected.
 */
import { originOf } from '../../kube/meta.ts'
import type { Ingress } from '../../kube/objects.ts'
import { ACCEPTED_HASHES } from '../../routing/password-hash.ts'
import type { BasicAuthConfig } from '../../routing/gate-config.ts'
import { NGINX } from '../annotations/nginx.ts'
import type { AuthGateConfig, AuthSettings } from '../ingress/auth-settings.ts'
import type { IngressSettings } from '../ingress/settings.ts'
import type { Report } from '../report.ts'
import { type AuthContext, type Deny, denyRoutes, splitName } from './auth-context.ts'
import { toExternalGate } from './auth-service.ts'
import { readUsers } from './htpasswd.ts'

/** @returns the settings with gates, or denied */
export function settleAuth(ingress: Ingress, settings: IngressSettings, context: AuthContext): IngressSettings {
  const { auth } = settings
  remarkIneffective(ingress, auth, context.report)
  let isDenied = settings.isDenied
  const refuse = denyRoutes(ingress, context.report)
  const deny: Deny = (...reason) => {
    isDenied = true
    return refuse(...reason)
  }
  const gates: AuthGateConfig[] = []
  if (auth.type !== '' || auth.secret !== '') {
    const gate = toBasicGate(ingress, auth, context, deny)
    if (gate !== null) gates.push(gate)
  }
  const isLocal = auth.external.url !== ''
  const text = isLocal ? auth.external : auth.usesGlobal ? auth.globalExternal : auth.external
  if (!isLocal && auth.usesGlobal && auth.isGlobalBroken) isDenied = true
  if (text.url !== '') {
    const gate = toExternalGate(ingress, text, isLocal, auth.allowsOtherNamespaces, context, deny)
    if (gate !== null) gates.push(gate)
  }
  if (gates.length === 0 && isDenied === settings.isDenied) return settings
  return { ...settings, isDenied, auth: { ...auth, gates } }
}

/** Parts of a group whose head is missing change nothing; nobody should believe otherwise. */
function remarkIneffective(ingress: Ingress, auth: AuthSettings, report: Report): void {
  if (auth.external.url !== '') return
  for (const name of ['auth-signin', 'auth-response-headers', 'auth-method', 'auth-cache-key']) {
    if (ingress.meta.annotations[NGINX.prefix + name] === undefined) continue
    report(
      'ANNOTATION_VALUE',
      `Cannot use ${NGINX.prefix}${name}: it has no effect without ${NGINX.prefix}auth-url on the same Ingress`,
      originOf(ingress, 'metadata', 'annotations', NGINX.prefix + name),
    )
  }
}

function toBasicGate(
  ingress: Ingress,
  auth: AuthSettings,
  { snapshot, report }: AuthContext,
  deny: Deny,
): BasicAuthConfig | null {
  if (auth.type === '') {
    // An auth-type that could not be read has closed the routes and said so.
    if (ingress.meta.annotations[`${NGINX.prefix}auth-type`] !== undefined) return null
    return deny('auth-secret', 'nothing says how it is used; add auth-type: "basic"')
  }
  if (auth.type === 'digest') return deny('auth-type', 'digest authentication is not available; use "basic" over TLS')
  if (auth.secret === '') return deny('auth-type', 'there is no auth-secret with the users')
  const [namespace, name] = splitName(auth.secret, ingress.meta.namespace)
  if (namespace !== ingress.meta.namespace && !auth.allowsOtherNamespaces) {
    return deny(
      'auth-secret',
      `Secret ${namespace}/${name} is in another namespace, which the ConfigMap must allow with allow-cross-namespace-resources`,
    )
  }
  const secret = snapshot.secret(namespace, name)
  if (secret === undefined) {
    const absent = `Secret ${namespace}/${name}`
    return deny('auth-secret', `${absent} does not exist`, absent)
  }
  const list = readUsers(secret, auth.secretType)
  if (list === null) {
    return deny(
      'auth-secret',
      `Secret ${namespace}/${name} has no key auth with an htpasswd file (auth-secret-type: "auth-map" reads one key for each user)`,
    )
  }
  for (const { key, place, state } of list.refused) {
    report(
      'AUTH_USER_REFUSED',
      `Cannot admit the user at ${place} of Secret ${namespace}/${name}: the password is ${state}; accepted is ${ACCEPTED_HASHES}`,
      originOf(secret, 'data', key),
    )
  }
  if (list.users.length === 0)
    return deny('auth-secret', `Secret ${namespace}/${name} has no user who could be admitted`)
  return { kind: 'basic-auth', realm: auth.realm, users: list.users }
}
