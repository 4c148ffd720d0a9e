import type { Listener, Ref } from '../../stack/model.ts'
import type { StackContext } from './stack-context.ts'

/** Certificates for SNI, each by a call of its own. AWS takes them off by itself when TLS ends. */
export function planListenerCertificates(
  context: StackContext,
  desired: Listener,
  current: readonly Ref[],
  identifier: string,
  after: readonly string[],
): void {
  const { book, id: stack } = context
  const isSecure = desired.protocol === 'HTTPS' || desired.protocol === 'TLS'
  const present = current.filter((one) => typeof one === 'string')
  if (!isSecure) {
    for (const arn of present.slice(1)) for (const id of after) book.release(arn, id)
    return
  }
  const wished = desired.certificates.slice(1).map((ref) => ({ ref, arn: book.known(stack, ref) }))
  // One that was the default is not in the list of SNI, even if it is wished there now.
  const listed = new Set(present.slice(1))
  const added = wished
    .filter(({ arn }) => arn === null || !listed.has(arn))
    .map(({ ref }) => addCertificate(context, desired, ref, after))
  for (const arn of listed) {
    const isWished = wished.some((one) => one.arn === arn)
    const first = desired.certificates[0]
    if (isWished || (first !== undefined && book.known(stack, first) === arn)) continue
    const id = book.add({
      stack,
      resource: `Listener/${desired.id}`,
      verb: 'modify',
      part: `without ${shortArn(arn)}`,
      action: 'elbv2:RemoveListenerCertificates',
      input: { ListenerArn: identifier, Certificates: [{ CertificateArn: arn }] },
      after: [...after, ...added],
      summary: `take certificate ${shortArn(arn)} from the listener on port ${desired.port}`,
      origins: desired.origins,
    })
    book.release(arn, id)
  }
}

/** @returns id of the operation */
export function addCertificate(context: StackContext, desired: Listener, ref: Ref, after: readonly string[]): string {
  const { book, id: stack } = context
  const name = typeof ref === 'string' ? shortArn(ref) : ref.ref
  return book.add({
    stack,
    resource: `Listener/${desired.id}`,
    verb: 'modify',
    part: `with ${name}`,
    action: 'elbv2:AddListenerCertificates',
    input: {
      ListenerArn: book.value(stack, { ref: `Listener/${desired.id}` }),
      Certificates: [{ CertificateArn: book.value(stack, ref) }],
    },
    after,
    summary: `add certificate ${name} to the listener on port ${desired.port}`,
    origins: desired.origins,
  })
}

/** Last part of an ARN. */
export function shortArn(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1)
}
