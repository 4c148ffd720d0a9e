/** Puts identifiers and secrets into an operation's input, at the moment of the call and nowhere else. */
import type { Secret } from '../../../base/secret.ts'
import { identifierKey, type OperationInput, type Placeholder } from '../operation.ts'

type SecretPlaceholder = Extract<Placeholder, { readonly $secret: string }>
export type SecretPart = SecretPlaceholder['part']

/**
 * Reads a part of a Secret (`namespace/name`); `null` where there is none, such as a certificate without a chain.
 *
 * @throws {Error} when the Secret or the part is not there and has to be; the message is for people
 */
export type ReadSecret = (secret: string, part: SecretPart) => Promise<Secret | null>

export interface ResolvedInput {
  readonly input: unknown
  /** Texts that may not be printed, even if AWS repeats them in an error. */
  readonly secrets: readonly string[]
}

/** Parts that AWS takes as bytes; the others are text. */
const BYTES: ReadonlySet<SecretPart> = new Set<SecretPart>(['certificate', 'privateKey', 'chain'])
/** Shorter ones would blacken messages at random. */
const SHORTEST_REDACTED = 6

/** Keys of {@link Placeholder} references in an input: `stack#Kind/id`. */
export function referencesOf(input: OperationInput): readonly string[] {
  const keys: string[] = []
  walk(input, (placeholder) => {
    if ('$ref' in placeholder) keys.push(identifierKey(placeholder.stack, placeholder.$ref))
  })
  return keys
}

/** @throws {Error} when a reference is not known yet or a Secret cannot be read */
export async function resolvePlaceholders(
  input: OperationInput,
  identifiers: ReadonlyMap<string, string>,
  readSecret: ReadSecret,
): Promise<ResolvedInput> {
  const secrets: string[] = []
  const resolve = async (value: unknown): Promise<unknown> => {
    if (Array.isArray(value)) return Promise.all(value.map(resolve))
    if (!isRecord(value)) return value
    const placeholder: object = value
    if (isPlaceholder(placeholder)) return resolveOne(placeholder)
    const entries: [string, unknown][] = []
    for (const [key, entry] of Object.entries(value)) {
      const resolved = await resolve(entry)
      if (resolved !== undefined) entries.push([key, resolved])
    }
    return Object.fromEntries(entries)
  }
  const resolveOne = async (value: Placeholder): Promise<unknown> => {
    if ('$ref' in value) {
      const key = identifierKey(value.stack, value.$ref)
      const identifier = identifiers.get(key)
      if (identifier === undefined) throw new Error(`Cannot use ${value.$ref} of ${value.stack}: it does not exist yet`)
      return identifier
    }
    const secret = await readSecret(value.$secret, value.part)
    if (secret === null) return undefined
    const bytes = secret.reveal()
    const text = bytes.toString('utf8')
    if (text.length >= SHORTEST_REDACTED) secrets.push(text)
    return BYTES.has(value.part) ? new Uint8Array(bytes) : text
  }
  return { input: await resolve(input), secrets }
}

/** The message without any of the secrets. */
export function redact(message: string, secrets: readonly string[]): string {
  return secrets.reduce((text, secret) => text.replaceAll(secret, '[redacted]'), message)
}

function walk(value: unknown, visit: (placeholder: Placeholder) => void): void {
  if (Array.isArray(value)) for (const entry of value) walk(entry, visit)
  else if (isRecord(value)) {
    const placeholder: object = value
    if (isPlaceholder(placeholder)) visit(placeholder)
    else for (const entry of Object.values(value)) walk(entry, visit)
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array) && !(value instanceof Date)
}

function isPlaceholder(value: object): value is Placeholder {
  return (
    ('$ref' in value && typeof value.$ref === 'string') || ('$secret' in value && typeof value.$secret === 'string')
  )
}
