/** AdmissionReview of `admission.k8s.io/v1`, as far as webhooks that validate or add need it. */

export interface AdmissionRequest {
  readonly uid: string
  readonly operation: string
  /** `group/version/kind` of the object as it is sent. */
  readonly kind: string
  readonly namespace: string
  readonly object: unknown
  readonly oldObject: unknown
}

export interface Verdict {
  /** Empty = allowed. */
  readonly message: string
  readonly warnings: readonly string[]
  /** Operations of a JSON Patch (RFC 6902) on the object; absent = it stays as it is. */
  readonly patch?: readonly object[]
}

export const ALLOWED: Verdict = { message: '', warnings: [] }

/** The API server cuts single warnings at 256 characters and all of them at 4096. */
const LONGEST_WARNING = 256
const MOST_WARNINGS = 15
const LONGEST_MESSAGE = 4096

/** @returns `null` when it is no AdmissionReview with a request */
export function parseReview(body: string): AdmissionRequest | null {
  let review: unknown
  try {
    review = JSON.parse(body)
  } catch {
    // Said by the caller: whatever it is, it is no AdmissionReview.
    return null
  }
  const request = fieldOf(review, 'request')
  const uid = fieldOf(request, 'uid')
  if (typeof uid !== 'string') return null
  const kind = fieldOf(request, 'kind')
  const text = (from: unknown, name: string): string => {
    const value = fieldOf(from, name)
    return typeof value === 'string' ? value : ''
  }
  return {
    uid,
    operation: text(request, 'operation'),
    kind: `${text(kind, 'group')}/${text(kind, 'version')}/${text(kind, 'kind')}`,
    namespace: text(request, 'namespace'),
    object: fieldOf(request, 'object') ?? null,
    oldObject: fieldOf(request, 'oldObject') ?? null,
  }
}

/** The answer, ready to be sent. A denial has code 400, as ingress-nginx's has. */
export function formatReview(uid: string, { message, warnings, patch }: Verdict): unknown {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid,
      allowed: message === '',
      ...(message === ''
        ? {}
        : { status: { code: 400, reason: 'BadRequest', message: cut(message, LONGEST_MESSAGE) } }),
      ...(patch === undefined
        ? {}
        : { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }),
      ...(warnings.length === 0
        ? {}
        : { warnings: warnings.slice(0, MOST_WARNINGS).map((warning) => cut(warning, LONGEST_WARNING)) }),
    },
  }
}

/** A field of a map, `undefined` of anything else. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}
