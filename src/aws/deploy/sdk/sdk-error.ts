/** Errors of the AWS SDK in our words: AWS's own codes, and messages that may be printed. */
import { type AwsAction, AwsError } from '../aws-api.ts'

const LONGEST_MESSAGE = 1000
/** What the SDK calls an error in which it found no code. */
const BARE_NAMES: ReadonlySet<string> = new Set(['', 'Error', 'SyntaxError', 'Unknown', 'UnknownError'])

interface SdkError {
  readonly name?: unknown
  /** The code on the wire of query APIs (elb, elbv2, ec2). */
  readonly Code?: unknown
  /** Of Node, such as ECONNREFUSED. */
  readonly code?: unknown
  readonly message?: unknown
  readonly $metadata?: { readonly httpStatusCode?: number }
  readonly $response?: { readonly statusCode?: number }
}

/**
 * Codes: AWS's own without "Exception" (`ListenerNotFound`, `InvalidGroup.NotFound`); `Unreachable` when no answer came;
 * `Unparsable` for an answer that no AWS API gives; `NoCredentials` when there is nothing to sign with; `Aborted`.
 */
export function toAwsError(action: AwsAction, thrown: unknown): AwsError {
  if (thrown instanceof AwsError) return thrown
  const error: SdkError = typeof thrown === 'object' && thrown !== null ? thrown : {}
  const name = typeof error.name === 'string' ? error.name : ''
  const message = typeof error.message === 'string' ? error.message : 'no message'
  const status = error.$metadata?.httpStatusCode ?? error.$response?.statusCode ?? 0
  if (name === 'AbortError') return new AwsError(action, 'Aborted', `${action} was given up`, 0)
  if (/^(?:CredentialsProviderError|TokenProviderError|ProviderError)$/.test(name)) {
    const wanted = 'a role for the service account (IRSA, Pod Identity), the environment, or a profile'
    return new AwsError(action, 'NoCredentials', `Cannot call ${action}: ${firstLine(message)}; wanted is ${wanted}`)
  }
  const isBare = error.Code === undefined && BARE_NAMES.has(name)
  if (status !== 0 && (isBare || message.includes('Deserialization error'))) {
    return new AwsError(action, 'Unparsable', `${action} answered status ${status} with what no AWS API sends`, status)
  }
  if (status === 0) {
    const reason = typeof error.code === 'string' ? `${error.code} ${message}` : message
    return new AwsError(action, 'Unreachable', `${action} got no answer: ${firstLine(reason)}`, 0)
  }
  const wireCode = typeof error.Code === 'string' && error.Code !== '' ? error.Code : name
  const code = wireCode.replace(/Exception$/, '')
  return new AwsError(action, code === '' ? 'Unknown' : code, printable(code, message), status)
}

/** AWS explains a wrong signature with all it signed, session token included: only the first line of that is for people. */
function printable(code: string, message: string): string {
  const isSignature = /Signature/.test(code) || /Canonical String/i.test(message)
  // EC2 adds kilobytes that only its own API can read.
  const text = (isSignature ? firstLine(message) : message).replace(/\s*Encoded authorization failure message: \S+/, '')
  return text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}…` : text
}

function firstLine(text: string): string {
  const line = text.split('\n', 1)[0] ?? ''
  return line.length > LONGEST_MESSAGE ? `${line.slice(0, LONGEST_MESSAGE)}…` : line
}
