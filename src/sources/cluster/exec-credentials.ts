/**
 * Credentials from a program (`client.authentication.k8s.io`, v1 and v1beta1), as EKS, GKE and AKS use them. They are kept
 * until they expire or the server refuses them.
 */
import { spawn } from 'node:child_process'
import { AccessError, type Credentials, type RequestCredentials } from './cluster-access.ts'

export interface ExecPlugin {
  readonly apiVersion: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** What to do when the program is not there. */
  readonly installHint: string
}

/** A program may wait for somebody at a browser, but not for ever. */
const PATIENCE_MS = 60_000
/** Asked for again before the time is over, for clocks that differ. */
const EARLY_MS = 30_000
const LONGEST_OUTPUT = 1_048_576

interface ExecAnswer {
  readonly credentials: RequestCredentials
  readonly expiresAtMs: number
}

/** @param patienceMs test seam: the longest run of the program */
export function execCredentials(plugin: ExecPlugin, patienceMs: number = PATIENCE_MS): Credentials {
  let kept: ExecAnswer | null = null
  let asking: Promise<ExecAnswer> | null = null
  return {
    async next() {
      if (kept !== null && Date.now() < kept.expiresAtMs - EARLY_MS) return kept.credentials
      asking ??= ask(plugin, patienceMs).finally(() => {
        asking = null
      })
      kept = await asking
      return kept.credentials
    },
    refused(used) {
      // Several requests may be refused with the same credentials: those that replaced them are kept.
      if (kept?.credentials === used) kept = null
    },
  }
}

async function ask(plugin: ExecPlugin, patienceMs: number): Promise<ExecAnswer> {
  const output = await run(plugin, patienceMs)
  let answer: unknown
  try {
    answer = JSON.parse(output)
  } catch (error) {
    throw new AccessError(`Cannot use the answer of ${plugin.command}: it is not JSON`, { cause: error })
  }
  const status = fieldsOf(fieldsOf(answer)['status'])
  const token = textOf(status['token'])
  const certificatePem = textOf(status['clientCertificateData'])
  const keyPem = textOf(status['clientKeyData'])
  if (token === '' && certificatePem === '')
    throw new AccessError(
      `Cannot use the answer of ${plugin.command}: status has neither token nor clientCertificateData`,
    )
  const expiry = Date.parse(textOf(status['expirationTimestamp']))
  return {
    credentials: {
      authorization: token === '' ? '' : `Bearer ${token}`,
      ...(certificatePem === '' ? {} : { certificatePem, keyPem }),
    },
    expiresAtMs: Number.isNaN(expiry) ? Number.POSITIVE_INFINITY : expiry,
  }
}

function run(plugin: ExecPlugin, patienceMs: number): Promise<string> {
  const info = { apiVersion: plugin.apiVersion, kind: 'ExecCredential', spec: { interactive: false } }
  return new Promise((resolve, reject) => {
    const child = spawn(plugin.command, [...plugin.args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...plugin.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
    })
    // Not by spawn's own limit: a child of the program may hold its output open after it was killed.
    const timer = setTimeout(() => {
      giveUp(`no answer in ${patienceMs} ms`)
    }, patienceMs)
    const giveUp = (reason: string): void => {
      child.kill('SIGKILL')
      child.stdout.destroy()
      child.stderr.destroy()
      reject(new AccessError(`Cannot get credentials: ${plugin.command} gives ${reason}; run it by hand to see why`))
    }
    let output = ''
    let complaint = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (output.length > LONGEST_OUTPUT) giveUp('more than 1 MiB')
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-2000)
    })
    child.once('error', (error) => {
      clearTimeout(timer)
      const hint = plugin.installHint === '' ? '' : `; ${plugin.installHint}`
      reject(new AccessError(`Cannot run ${plugin.command} for credentials: ${error.message}${hint}`, { cause: error }))
    })
    child.once('close', (code) => {
      clearTimeout(timer)
      if (code === 0) resolve(output)
      else reject(new AccessError(`Cannot get credentials: ${plugin.command} ended with ${code}: ${complaint.trim()}`))
    })
  })
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
