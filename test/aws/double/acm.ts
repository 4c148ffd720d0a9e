import { X509Certificate } from 'node:crypto'
import { page } from './paging.ts'
import { refuse } from './refusal.ts'
import { addTags, tagList } from './tag-limits.ts'
import { find, isVisible, type ActionsOf, type Handlers, type World } from './world.ts'

export function acmHandlers(world: World): Handlers<ActionsOf<'acm'>> {
  const certificate = (arn: string | undefined) =>
    find(world.certificates, arn, 'ResourceNotFound', 'Could not find certificate')

  return {
    'acm:ListCertificates': (input) => {
      const keyTypes = input.Includes?.keyTypes ?? ['RSA_1024', 'RSA_2048']
      const all = [...world.certificates.values()].filter(
        ({ detail }) =>
          (input.CertificateStatuses ?? [detail.Status]).includes(detail.Status) &&
          keyTypes.includes(detail.KeyAlgorithm ?? 'RSA_2048'),
      )
      const { items, next } = page(
        all.filter(isVisible),
        input.NextToken,
        Math.min(input.MaxItems ?? 1000, world.pageSize),
      )
      return {
        CertificateSummaryList: items.map(({ arn, detail }) => ({
          CertificateArn: arn,
          DomainName: detail.DomainName,
          SubjectAlternativeNameSummaries: detail.SubjectAlternativeNames,
          Status: detail.Status,
          Type: detail.Type,
          KeyAlgorithm: detail.KeyAlgorithm,
        })),
        ...(next === undefined ? {} : { NextToken: next }),
      }
    },
    'acm:DescribeCertificate': (input) => {
      const { arn, detail } = certificate(input.CertificateArn)
      return { Certificate: { ...detail, InUseBy: usersOf(world, arn) } }
    },
    'acm:ImportCertificate': (input) => {
      const text = Buffer.from(input.Certificate ?? new Uint8Array()).toString('latin1')
      const key = Buffer.from(input.PrivateKey ?? new Uint8Array()).toString('latin1')
      if (text === '' || key === '')
        refuse('Validation', 'The certificate field contains no certificate or the key is missing')
      const names = namesOf(text)
      if (input.CertificateArn !== undefined) {
        if ((input.Tags ?? []).length > 0)
          refuse('InvalidParameter', 'Tags cannot be given when a certificate is imported again')
        const old = certificate(input.CertificateArn)
        if (old.detail.Type !== 'IMPORTED') refuse('Validation', 'Only an imported certificate can be imported again')
        old.detail = { ...old.detail, DomainName: names[0], SubjectAlternativeNames: names, Serial: text }
        return { CertificateArn: old.arn }
      }
      const tags = new Map<string, string>()
      addTags(tags, input.Tags)
      const arn = `arn:aws:acm:${world.region}:${world.account}:certificate/10000000-0000-0000-0000-${String(world.serial()).padStart(12, '0')}`
      world.certificates.set(arn, {
        arn,
        hiddenReads: world.hiddenReads,
        tags,
        detail: {
          CertificateArn: arn,
          DomainName: names[0],
          SubjectAlternativeNames: names,
          Status: 'ISSUED',
          Type: 'IMPORTED',
          KeyAlgorithm: 'EC_prime256v1',
          Serial: text,
        },
      })
      return { CertificateArn: arn }
    },
    'acm:DeleteCertificate': (input) => {
      const { arn } = certificate(input.CertificateArn)
      const users = usersOf(world, arn)
      if (users.length > 0) refuse('ResourceInUse', `Certificate ${arn} is in use by ${users.join(', ')}`)
      world.certificates.delete(arn)
      return {}
    },
    'acm:ListTagsForCertificate': (input) => ({ Tags: tagList(certificate(input.CertificateArn).tags) }),
    'acm:AddTagsToCertificate': (input) => {
      addTags(certificate(input.CertificateArn).tags, input.Tags)
      return {}
    },
    'acm:RemoveTagsFromCertificate': (input) => {
      const { tags } = certificate(input.CertificateArn)
      for (const { Key = '' } of input.Tags ?? []) tags.delete(Key)
      return {}
    },
  }
}

/** ARNs of load balancers that use it. */
function usersOf(world: World, arn: string): string[] {
  const users = new Set<string>()
  for (const { shape, extraCertificates } of world.listeners.values()) {
    const isDefault = (shape.Certificates ?? []).some((one) => one.CertificateArn === arn)
    if (isDefault || extraCertificates.has(arn)) users.add(shape.LoadBalancerArn)
  }
  for (const { name, shape } of world.classic.values()) {
    const isUsed = (shape.ListenerDescriptions ?? []).some((one) => one.Listener?.SSLCertificateId === arn)
    if (isUsed) users.add(`arn:aws:elasticloadbalancing:${world.region}:${world.account}:loadbalancer/${name}`)
  }
  return [...users]
}

/** A text that is no certificate is taken as a list of names, so that tests need no keys. */
function namesOf(text: string): string[] {
  if (!text.includes('BEGIN CERTIFICATE')) return text.split(',').map((name) => name.trim())
  try {
    const names = new X509Certificate(text).subjectAltName ?? ''
    return names.split(', ').map((name) => name.replace(/^DNS:/, ''))
  } catch {
    return refuse('Validation', 'The certificate is not valid')
  }
}
