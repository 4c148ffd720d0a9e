/**
 * The key of heartbeats from a Secret. The first speaker that finds the Secret empty makes a key; the version that it read keeps
 * two from making one each. Nobody has to have the right to create Secrets: the chart makes an empty one.
 */
import { randomBytes } from 'node:crypto'
import { Secret } from '../../../base/secret.ts'
import { ApiError, type ApiTransport } from '../../../sources/cluster/api-transport.ts'
import { objectPath, SECRETS } from '../../../sources/cluster/resource.ts'
import { wait } from '../../../sources/cluster/wait.ts'

export interface HeartbeatSecretOptions {
  readonly transport: Pick<ApiTransport, 'json'>
  readonly namespace: string
  readonly name: string
  readonly onProblem: (message: string) => void
  /** Test seam. */
  readonly pauseMs?: number
}

interface RawSecret {
  readonly metadata: { readonly resourceVersion?: string }
  readonly data?: Readonly<Record<string, string>> | null
}

const FIELD = 'key'
const KEY_BYTES = 32
const PAUSE_MS = 1000

/** However long that takes: without the key of the others it would only disturb them. @returns `null` when the signal came first */
export async function readHeartbeatSecret(
  options: HeartbeatSecretOptions,
  signal: AbortSignal,
): Promise<Secret | null> {
  const { namespace, name, onProblem, pauseMs = PAUSE_MS } = options
  let told = ''
  while (!signal.aborted) {
    try {
      return await readOrFill(options, signal)
    } catch (error) {
      if (signal.aborted) return null
      // Another speaker was first: its key is read next.
      const isRace = error instanceof ApiError && error.status === 409
      const reason = error instanceof Error ? error.message : String(error)
      if (!isRace && reason !== told) {
        const wish = `it is tried again; a Secret in which ${FIELD} is empty is filled`
        onProblem(`Cannot read the heartbeat key from Secret ${namespace}/${name}: ${reason}; ${wish}`)
      }
      told = reason
      await wait(pauseMs, signal)
    }
  }
  return null
}

/** @throws {ApiError} 409 when somebody else filled it meanwhile */
async function readOrFill(options: HeartbeatSecretOptions, signal: AbortSignal): Promise<Secret> {
  const { transport, namespace, name } = options
  const path = objectPath(SECRETS, namespace, name)
  const found = await transport.json<RawSecret>({ path, signal })
  const key = withoutNewline(Buffer.from(found.data?.[FIELD] ?? '', 'base64'))
  if (key.length > 0) return new Secret(key)
  // Hexadecimal, as people write keys: whoever copies it into a file gets the same bytes.
  const made = Buffer.from(randomBytes(KEY_BYTES).toString('hex'))
  await transport.json({
    method: 'PATCH',
    path,
    contentType: 'application/merge-patch+json',
    body: {
      metadata: { resourceVersion: found.metadata.resourceVersion },
      data: { [FIELD]: made.toString('base64') },
    },
    signal,
  })
  return new Secret(made)
}

/** As in a file: what editors leave at the end is no part of the key. */
export function withoutNewline(key: Buffer): Buffer {
  return key.at(-1) === 0x0a ? key.subarray(0, -1) : key
}
