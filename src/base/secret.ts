import { inspect } from 'node:util'

/** Bytes that must not leak: every printer shows `[redacted]`; only {@link Secret.reveal} gives them out. */
export class Secret {
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  reveal(): Buffer {
    return this.#bytes
  }

  toJSON(): string {
    return '[redacted]'
  }

  toString(): string {
    return '[redacted]'
  }

  [inspect.custom](): string {
    return '[redacted]'
  }
}
