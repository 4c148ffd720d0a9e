/** Says whether credentials are right: from memory where they were seen lately, else by a thread. One for all gates. */
import { CredentialCache } from './basic-auth-cache.ts'
import type { Credentials } from './basic-auth-credentials.ts'
import { PasswordWorkers } from './basic-auth-workers.ts'

/** `busy`: nobody can say now. */
export type PasswordOutcome = 'right' | 'wrong' | 'busy'

export class PasswordChecker {
  readonly #cache = new CredentialCache()
  readonly #workers = new PasswordWorkers()
  /** One computation for all that ask the same at once; bounded by the queue of the workers. */
  readonly #running = new Map<string, Promise<PasswordOutcome>>()

  /**
   * @param hash of the user
   * @param isKnown false for a user that does not exist: the same work is done and the outcome is `wrong`, so that
   *   time does not tell which names exist
   * @param mayCompute false to answer `busy` where memory does not help
   */
  check(
    { user, password }: Credentials,
    hash: string,
    isKnown: boolean,
    mayCompute: boolean,
  ): PasswordOutcome | Promise<PasswordOutcome> {
    const key = this.#cache.keyOf(user, isKnown ? hash : '', password)
    const remembered = this.#cache.find(key)
    if (remembered !== undefined) return remembered ? 'right' : 'wrong'
    let running = this.#running.get(key)
    if (running === undefined) {
      if (!mayCompute) return 'busy'
      running = this.#verify(key, hash, password, isKnown)
      this.#running.set(key, running)
    }
    return running
  }

  close(): Promise<void> {
    return this.#workers.close()
  }

  async #verify(key: string, hash: string, password: Buffer, isKnown: boolean): Promise<PasswordOutcome> {
    const isRight = await this.#workers.verify(hash, password)
    this.#running.delete(key)
    if (isRight === null) return 'busy'
    this.#cache.remember(key, isRight && isKnown)
    return isRight && isKnown ? 'right' : 'wrong'
  }
}
