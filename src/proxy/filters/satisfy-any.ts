/** Gate: an allowed address or any one of several gates is enough (nginx's `satisfy any`). */
import { compileAddressPolicy } from '../../routing/address-policy.ts'
import { FORBIDDEN } from '../../routing/decide.ts'
import type { Gate, GatePass, GateRefusal, GateRequest, GateVerdict } from '../../routing/gate.ts'
import { describeGate, type SatisfyAnyConfig } from '../../routing/gate-config.ts'
import { removedHeaders } from './external-auth.ts'

/** @param gates of `config.gates`, in that order */
export function createSatisfyAnyGate(config: SatisfyAnyConfig, gates: readonly Gate[]): Gate {
  const policy = compileAddressPolicy(config.addresses)
  // A list that only denies lets nobody in by itself.
  const canAdmit = config.addresses.allow.length > 0
  // What any of the gates takes away goes also when another one let the request pass.
  const removed = config.gates.flatMap((gate) =>
    gate.kind === 'basic-auth' ? ['authorization'] : removedHeaders(gate),
  )
  const byAddress: GatePass = { kind: 'pass', requestLines: '', removedRequestHeaders: removed, responseLines: '' }

  const next = (request: GateRequest, index: number, refusal: GateRefusal): GateVerdict | Promise<GateVerdict> => {
    const gate = gates[index]
    if (gate === undefined) return refusal
    const decideOn = (verdict: GateVerdict): GateVerdict | Promise<GateVerdict> => {
      if (verdict.kind === 'pass') return { ...verdict, removedRequestHeaders: removed }
      // Only a plain no lets the next one be asked; a check that failed is not a no.
      if (verdict.status !== 401 && verdict.status !== 403 && verdict.status !== 302) return verdict
      return next(request, index + 1, combine(refusal, verdict))
    }
    const verdict = gate.check(request)
    return verdict instanceof Promise ? verdict.then(decideOn) : decideOn(verdict)
  }

  return {
    description: describeGate(config),
    check(request) {
      if (canAdmit && policy.admits(request.clientAddress)) return byAddress
      return next(request, 0, { kind: 'refuse', ...FORBIDDEN, responseLines: '' })
    },
    release: null,
  }
}

/** A request for credentials says more than a mere no; two of them are both made. */
function combine(before: GateRefusal, after: GateRefusal): GateRefusal {
  if (before.status === 403) return after
  if (after.status === 403) return before
  if (before.status === 401 && after.status === 401) {
    return { ...before, responseLines: before.responseLines + after.responseLines }
  }
  return after
}
