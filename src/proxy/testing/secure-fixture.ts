/** For tests: a data plane with both ports and a certificate, for any model. */
import { createSelfSigned } from '../../base/certificate.ts'
import type { CertificateTable, RoutingModel } from '../../routing/model.ts'
import { type DataPlane, type DataPlaneOptions, startDataPlane } from '../data-plane.ts'
import type { RequestRecord } from '../request-record.ts'

export interface SecureFixture extends AsyncDisposable {
  readonly plane: DataPlane
  readonly httpPort: number
  readonly httpsPort: number
  readonly records: readonly RequestRecord[]
  readonly problems: readonly string[]
  /** Serves it with the fixture's certificate. */
  apply(model: RoutingModel): void
}

const pair = await createSelfSigned(['secure.test'])
const CERTIFICATES: CertificateTable = {
  certificates: [{ id: 'secure', ...pair, origin: { object: 'Secret shop/tls', path: '' } }],
  bySni: [],
  defaultCertificateId: 'secure',
}

export async function startSecureFixture(
  model: RoutingModel,
  options: Partial<DataPlaneOptions> = {},
): Promise<SecureFixture> {
  const records: RequestRecord[] = []
  const problems: string[] = []
  const plane = await startDataPlane({
    host: '127.0.0.1',
    httpPort: 0,
    httpsPort: 0,
    observer: { observe: (record) => records.push(record) },
    reportProblem: (message) => problems.push(message),
    tickMs: 5,
    ...options,
  })
  const apply = (next: RoutingModel): void => plane.apply({ ...next, certificates: CERTIFICATES })
  apply(model)
  return {
    plane,
    httpPort: plane.httpPort,
    httpsPort: plane.httpsPort ?? 0,
    records,
    problems,
    apply,
    [Symbol.asyncDispose]: () => plane.drain(0),
  }
}
