import type { ImportedCertificate } from '../../stack/model.ts'
import { FINGERPRINT_TAG } from '../observe/memory-tags.ts'
import { planTags, writeTags, type Tagged } from './plan-tags.ts'
import { creationTags, type StackContext } from './stack-context.ts'

/** Imports TLS Secrets, and imports changed ones over the same ARN, so that listeners need no change. */
export function planCertificates(context: StackContext): void {
  const { match, book, id: stack } = context
  for (const { desired } of match.certificates.missing) {
    book.add({
      stack,
      resource: `Certificate/${desired.id}`,
      verb: 'create',
      action: 'acm:ImportCertificate',
      input: {
        ...toMaterial(desired),
        Tags: creationTags(context, desired, [], { [FINGERPRINT_TAG]: desired.fingerprint }),
      },
      yields: 'CertificateArn',
      summary: `import the certificate of Secret ${desired.namespace}/${desired.secretName}`,
      event: { reason: 'CREATE', message: `${desired.namespace}/${desired.secretName} certificate imported` },
      origins: desired.origins,
    })
  }
  for (const { desired, observed } of match.certificates.pairs) {
    const one: Tagged = {
      resource: `Certificate/${desired.id}`,
      identifier: observed.identifier,
      label: `certificate of ${desired.namespace}/${desired.secretName}`,
      origins: desired.origins,
      allTags: observed.allTags,
    }
    if (observed.spec.fingerprint !== desired.fingerprint) {
      const id = book.add({
        stack,
        resource: one.resource,
        verb: 'modify',
        action: 'acm:ImportCertificate',
        // AWS takes no tags when a certificate is imported again.
        input: { CertificateArn: observed.identifier, ...toMaterial(desired) },
        summary: `import the changed certificate of Secret ${desired.namespace}/${desired.secretName}`,
        event: { reason: 'MODIFY', message: `${desired.namespace}/${desired.secretName} certificate modified` },
        origins: desired.origins,
      })
      writeTags(context, one, { [FINGERPRINT_TAG]: desired.fingerprint }, 'fingerprint', [id])
    }
    planTags(context, one, desired.tags)
  }
}

function toMaterial({ namespace, secretName }: ImportedCertificate): Record<string, unknown> {
  const secret = `${namespace}/${secretName}`
  return {
    Certificate: { $secret: secret, part: 'certificate' },
    PrivateKey: { $secret: secret, part: 'privateKey' },
    CertificateChain: { $secret: secret, part: 'chain' },
  }
}
