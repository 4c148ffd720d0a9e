/** What AWS answers instead of doing it. */
export class Refusal extends Error {
  readonly code: string
  readonly status: number

  constructor(code: string, message: string, status = 400) {
    super(message)
    this.name = 'Refusal'
    this.code = code
    this.status = status
  }
}

/** @throws {Refusal} always */
export function refuse(code: string, message: string, status = 400): never {
  throw new Refusal(code, message, status)
}
