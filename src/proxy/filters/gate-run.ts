/** One request's way through the gates of its route: in order, stopping at the first that refuses. */
import { carriesCookies, type Gate, type GateRefusal, type GateRequest, type GateVerdict } from '../../routing/gate.ts'
import { withoutFields } from '../../routing/answer-edits.ts'

/** What the gates of a request have said so far. Lives as long as the request. */
export class GateRun {
  readonly #gates: readonly Gate[]
  readonly #request: GateRequest
  #passed = 0
  #isOver = false
  #requestLines = ''
  #removed: readonly string[] = []
  #responseLines = ''
  #cookieLines = ''

  constructor(gates: readonly Gate[], request: GateRequest) {
    this.#gates = gates
    this.#request = request
  }

  /** Asks the gates that are left. @returns `null` when all let the request pass; a promise when one takes its time */
  run(): GateRefusal | null | Promise<GateRefusal | null> {
    while (this.#passed < this.#gates.length) {
      const gate = this.#gates[this.#passed]!
      const verdict = gate.check(this.#request)
      if (verdict instanceof Promise) return this.#continue(gate, verdict)
      if (verdict.kind === 'refuse') return verdict
      this.#take(verdict)
    }
    return null
  }

  /** Request head lines with what the gates took away and added. */
  editRequest(lines: string): string {
    return withoutFields(lines, this.#removed) + this.#requestLines
  }

  /** Lines that the client's answer of this status gets. */
  answerLines(status: number): string {
    return carriesCookies(status) ? this.#responseLines + this.#cookieLines : this.#responseLines
  }

  /** The request is over: gates that count running requests count one less. */
  release(): void {
    this.#isOver = true
    for (let i = 0; i < this.#passed; i++) this.#gates[i]?.release?.(this.#request)
    this.#passed = 0
  }

  async #continue(gate: Gate, pending: Promise<GateVerdict>): Promise<GateRefusal | null> {
    const verdict = await pending
    if (verdict.kind === 'refuse') return verdict
    if (this.#isOver) {
      // The client left while the gate thought: what it counted is given back.
      gate.release?.(this.#request)
      return null
    }
    this.#take(verdict)
    return this.run()
  }

  #take(verdict: Exclude<GateVerdict, GateRefusal>): void {
    this.#passed++
    this.#requestLines += verdict.requestLines
    this.#responseLines += verdict.responseLines
    this.#cookieLines += verdict.cookieLines ?? ''
    if (verdict.removedRequestHeaders.length > 0) this.#removed = [...this.#removed, ...verdict.removedRequestHeaders]
  }
}
