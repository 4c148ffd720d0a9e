/** A thread that verifies passwords, one after the other. Started by `basic-auth-workers.ts`. */
import { parentPort } from 'node:worker_threads'
import { verifyPassword } from './basic-auth-verify.ts'

export interface VerifyJob {
  readonly id: number
  readonly hash: string
  readonly password: Uint8Array
}

export interface VerifyResult {
  readonly id: number
  readonly isRight: boolean
}

parentPort?.on('message', ({ id, hash, password }: VerifyJob) => {
  const result: VerifyResult = { id, isRight: verify(hash, password) }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage(result)
})

function verify(hash: string, password: Uint8Array): boolean {
  try {
    return verifyPassword(hash, Buffer.from(password))
  } catch {
    // Whatever a hash does to a library, it does not open a door.
    return false
  }
}
