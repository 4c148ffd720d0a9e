import type { GateRequest } from '../gate.ts'

/** For tests: a request as gates see it, from 192.0.2.1 unless said otherwise. */
export function gateRequest(more: Partial<GateRequest> = {}): GateRequest {
  return {
    method: 'GET',
    target: '/',
    authority: 'a',
    host: 'a',
    scheme: 'http',
    clientAddress: '192.0.2.1',
    requestId: '',
    rawLines: '',
    ...more,
  }
}
