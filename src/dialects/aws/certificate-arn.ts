/** Whether a listener can take a certificate that somebody named by its ARN. */
import type { Inventory } from '../../aws/stack/inventory.ts'

/**
 * `<state>; <what would be accepted>`, or `null` for a usable one. Certificates of IAM are taken at their word, and all of
 * them where no certificate is known.
 */
export function problemOfCertificate(arn: string, { region, certificates }: Inventory): string | null {
  const [, , service, written = ''] = arn.split(':')
  if (service !== 'acm') return null
  if (region !== '' && written !== region) {
    return `it is in ${written === '' ? 'no region' : written}, and load balancers of ${region} take certificates of their own region only; issue or import it there`
  }
  if (certificates.length === 0) return null
  const known = certificates.find((one) => one.arn === arn)
  if (known === undefined) {
    return 'ACM has no such certificate in this account and region; write the ARN of one that exists'
  }
  if (known.status === undefined || known.status === 'ISSUED') return null
  return `its status is ${known.status}; accepted are certificates that are ISSUED`
}
