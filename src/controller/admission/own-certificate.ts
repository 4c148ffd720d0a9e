/**
 * The webhook's certificate where nobody gives one. The leader keeps an authority and a certificate in a Secret and tells
 * the API server of the authority in `caBundle`; other replicas read the Secret. Every write carries the version that was
 * read, so two writers cannot undo each other.
 */
import { X509Certificate } from 'node:crypto'
import { type CertificatePair, createAuthority, createSignedBy } from '../../base/certificate.ts'
import { ApiError, type ApiTransport } from '../../sources/cluster/api-transport.ts'
import { objectPath, SECRETS } from '../../sources/cluster/resource.ts'
import { createRetryPause } from '../../sources/cluster/retry-pause.ts'

export interface OwnCertificateOptions {
  readonly transport: ApiTransport
  readonly namespace: string
  /** Name of the webhook configuration that calls us. */
  readonly configuration: string
  /** Default a ValidatingWebhookConfiguration. */
  readonly isMutating?: boolean
  /** Where authority and certificate are kept; default {@link SECRET_NAME}. */
  readonly secretName?: string
  readonly isLeader: () => boolean
  readonly use: (pair: CertificatePair) => void
  readonly onProblem: (message: string) => void
  /** Milliseconds since the epoch. */
  readonly nowMs?: () => number
  /** Test seam: between looks at a certificate that is good. */
  readonly lookMs?: number
}

interface WebhookConfiguration {
  readonly webhooks?: readonly {
    readonly clientConfig: {
      readonly url?: string
      readonly caBundle?: string
      readonly service?: { readonly namespace: string; readonly name: string }
    }
  }[]
}

interface StoredSecret {
  readonly metadata: { readonly resourceVersion?: string }
  readonly data?: Readonly<Record<string, string>>
}

export const SECRET_NAME = 'genkan-admission'
const DAY_MS = 86_400_000
const LEAF_DAYS = 90
/** Left of the certificate, and of the authority, when new ones are made. */
const RENEW_LEAF_MS = 30 * DAY_MS
const RENEW_AUTHORITY_MS = 365 * DAY_MS
const FIRST_LOOK_MS = 500
const LOOK_MS = 30_000
const CERTIFICATE = 'Cannot keep the certificate of the admission webhook'

/** Begins to look; the function that is returned ends it. */
export function keepOwnCertificate(options: OwnCertificateOptions): () => void {
  let timer: NodeJS.Timeout | null = null
  let isClosed = false
  let used = ''
  let complaint = ''
  const pause = createRetryPause(FIRST_LOOK_MS, LOOK_MS)
  const use = (pair: CertificatePair): void => {
    if (pair.certPem === used) return
    options.use(pair)
    used = pair.certPem
  }
  const look = async (): Promise<void> => {
    let nextMs = FIRST_LOOK_MS
    try {
      // What is written next may be refused: until then the stored one serves.
      if (await settle(options, use)) nextMs = options.lookMs ?? LOOK_MS
      complaint = ''
      pause.reset()
    } catch (error) {
      // Somebody else wrote first: the next look reads what.
      const isRace = error instanceof ApiError && error.status === 409
      const reason = error instanceof Error ? error.message : String(error)
      if (!isRace) nextMs = pause.next()
      if (!isRace && reason !== complaint) {
        complaint = reason
        options.onProblem(`${CERTIFICATE}: ${reason}`)
      }
    }
    if (!isClosed) timer = setTimeout(() => void look(), nextMs).unref()
  }
  void look()
  return () => {
    isClosed = true
    if (timer !== null) clearTimeout(timer)
  }
}

/** @returns false when the leader has to make one first */
async function settle(options: OwnCertificateOptions, use: (pair: CertificatePair) => void): Promise<boolean> {
  const { transport, namespace, configuration, secretName = SECRET_NAME, nowMs = Date.now } = options
  const resource = options.isMutating === true ? 'mutatingwebhookconfigurations' : 'validatingwebhookconfigurations'
  const path = `/apis/admissionregistration.k8s.io/v1/${resource}/${configuration}`
  const webhooks = await transport.json<WebhookConfiguration>({ path })
  const hosts = hostsOf(webhooks)
  const stored = await readSecret(transport, namespace, secretName)
  let material = stored === null ? null : readMaterial(stored, hosts, nowMs())
  if (material !== null) use(material.leaf)
  if (options.isLeader()) {
    if (material === null || material.isDue) {
      material = await makeMaterial(stored, hosts, nowMs())
      await writeSecret(transport, namespace, secretName, material, stored)
      use(material.leaf)
    }
    const caBundle = Buffer.from(material.authority).toString('base64')
    if ((webhooks.webhooks ?? []).some(({ clientConfig }) => clientConfig.caBundle !== caBundle)) {
      const changed = (webhooks.webhooks ?? []).map((webhook) => ({
        ...webhook,
        clientConfig: { ...webhook.clientConfig, caBundle },
      }))
      await transport.json({ method: 'PUT', path, body: { ...webhooks, webhooks: changed } })
    }
  }
  return material !== null
}

interface Material {
  /** PEM: the authority that signs, then older ones that still hold. */
  readonly authority: string
  readonly authorityKey: string
  readonly leaf: CertificatePair
  /** It holds, and the leader renews it. */
  readonly isDue: boolean
}

/** @returns `null` when it does not hold */
function readMaterial(secret: StoredSecret, hosts: readonly string[], nowMs: number): Material | null {
  const text = (key: string): string => Buffer.from(secret.data?.[key] ?? '', 'base64').toString('latin1')
  try {
    const leaf = new X509Certificate(text('tls.crt'))
    const authority = new X509Certificate(text('ca.crt'))
    const leftMs = Math.min(leaf.validToDate.getTime(), authority.validToDate.getTime()) - nowMs
    const isDue =
      leaf.validToDate.getTime() - nowMs <= RENEW_LEAF_MS ||
      authority.validToDate.getTime() - nowMs <= RENEW_AUTHORITY_MS
    const covers = hosts.every((host) => leaf.checkHost(host) !== undefined || leaf.checkIP(host) !== undefined)
    if (leftMs <= 0 || !covers || !leaf.checkIssued(authority)) return null
    return {
      authority: text('ca.crt'),
      authorityKey: text('ca.key'),
      leaf: { certPem: text('tls.crt'), keyPem: text('tls.key') },
      isDue,
    }
  } catch {
    // Whatever somebody wrote there is replaced.
    return null
  }
}

async function makeMaterial(stored: StoredSecret | null, hosts: readonly string[], nowMs: number): Promise<Material> {
  const text = (key: string): string => Buffer.from(stored?.data?.[key] ?? '', 'base64').toString('latin1')
  const before = { certPem: text('ca.crt'), keyPem: text('ca.key') }
  try {
    const leftMs = new X509Certificate(before.certPem).validToDate.getTime() - nowMs
    if (leftMs > RENEW_AUTHORITY_MS) {
      const leaf = await createSignedBy(before, hosts, { days: LEAF_DAYS, nowMs })
      return { authority: before.certPem, authorityKey: before.keyPem, leaf, isDue: false }
    }
  } catch {
    // No usable authority: a new one is made.
  }
  const authority = await createAuthority('genkan admission', { nowMs })
  return {
    authority: authority.certPem + (before.certPem.match(FIRST_CERTIFICATE)?.[0] ?? ''),
    authorityKey: authority.keyPem,
    leaf: await createSignedBy(authority, hosts, { days: LEAF_DAYS, nowMs }),
    isDue: false,
  }
}

const FIRST_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\n?/

async function readSecret(transport: ApiTransport, namespace: string, name: string): Promise<StoredSecret | null> {
  try {
    return await transport.json<StoredSecret>({ path: objectPath(SECRETS, namespace, name) })
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null
    throw error
  }
}

async function writeSecret(
  transport: ApiTransport,
  namespace: string,
  name: string,
  material: Material,
  before: StoredSecret | null,
): Promise<void> {
  const path = objectPath(SECRETS, namespace, name)
  const encode = (text: string): string => Buffer.from(text).toString('base64')
  const body = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace,
      ...(before?.metadata.resourceVersion === undefined ? {} : { resourceVersion: before.metadata.resourceVersion }),
    },
    type: 'kubernetes.io/tls',
    data: {
      'ca.crt': encode(material.authority),
      'ca.key': encode(material.authorityKey),
      'tls.crt': encode(material.leaf.certPem),
      'tls.key': encode(material.leaf.keyPem),
    },
  }
  if (before === null) await transport.json({ method: 'POST', path: path.slice(0, path.lastIndexOf('/')), body })
  else await transport.json({ method: 'PUT', path, body })
}

/** Names under which the API server calls: of a Service, or in a URL. */
function hostsOf({ webhooks = [] }: WebhookConfiguration): readonly string[] {
  const hosts = webhooks.map(({ clientConfig: { service, url } }) =>
    service === undefined ? new URL(url ?? 'https://localhost').hostname : `${service.name}.${service.namespace}.svc`,
  )
  return hosts.length === 0 ? ['localhost'] : [...new Set(hosts)]
}
