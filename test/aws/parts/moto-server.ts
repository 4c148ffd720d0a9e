/** moto, an emulator of AWS in server mode, on a loopback port of its own, and the real SDK opened on it. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { type OpenedAws, openAws } from '../../../src/aws/deploy/sdk/open-aws.ts'
import { type Program, startProgram } from '../../support/program.ts'

export const MOTO_REGION = 'eu-central-1'

export interface MotoServer {
  readonly endpoint: string
  /** A client with the SDK, for each call; nothing is retried. */
  readonly aws: OpenedAws
  /** Forgets everything but the default VPC. */
  reset(): Promise<void>
  stop(): Promise<void>
}

const INSTALL = join(import.meta.dirname, '../../../scripts/install-moto.sh')
/** Importing moto takes seconds, and on a busy machine a multiple of that. */
const START_MS = 120_000

/** @throws {Error} when moto cannot be installed or started; a suite that needs it then fails */
export async function startMoto(region = MOTO_REGION): Promise<MotoServer> {
  const path = execFileSync('bash', [INSTALL], { encoding: 'utf8' }).trim()
  const program: Program = await startProgram(path, ['-H', '127.0.0.1', '-p', '0'], {
    // Certificates count as validated at once.
    env: { MOTO_ACM_VALIDATION_WAIT: '0', PYTHONUNBUFFERED: '1' },
  })
  try {
    const line = await program.waitForLine(/Running on http:\/\/127\.0\.0\.1:\d+/, START_MS)
    const endpoint = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0] ?? ''
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    const aws = await openAws({ region, endpoint, credentials })
    return {
      endpoint,
      aws,
      async reset() {
        const response = await fetch(`${endpoint}/moto-api/reset`, { method: 'POST' })
        if (!response.ok) throw new Error(`Cannot reset moto: status ${response.status}`)
      },
      async stop() {
        aws.close()
        await program.stop()
      },
    }
  } catch (error) {
    await program.stop()
    throw error
  }
}
