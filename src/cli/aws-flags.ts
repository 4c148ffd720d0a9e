/** Flags about AWS, by the names of the AWS Load Balancer Controller where it has them. */
import { type Command, Option } from 'commander'
import { AWS_DEFAULTS, type AwsOptions } from '../dialects/aws/options.ts'
import { UsageError } from './io.ts'

export interface AwsFlags {
  readonly clusterName: string
  /** Absent = not given. */
  readonly awsRegion?: string
  readonly ingressClass: string
  readonly defaultTags: string
  readonly externalManagedTags: string
  readonly defaultTargetType: 'instance' | 'ip'
  readonly defaultSslPolicy: string
  readonly defaultLoadBalancerScheme: 'internal' | 'internet-facing'
  readonly enableBackendSecurityGroup: boolean
  readonly backendSecurityGroup: string
  readonly importTlsSecrets: boolean
  readonly manageUnclassed: boolean
  readonly disableIngressGroupNameAnnotation: boolean
}

/** @param regionElse where the region is from without the flag, which commands differ in */
export function addAwsFlags(command: Command, regionElse: string): Command {
  return command
    .option('--cluster-name <name>', 'name of the cluster, part of every name and tag in AWS', '')
    .option('--aws-region <region>', `region (default: ${regionElse})`)
    .option('--ingress-class <name>', 'class that is ours without an IngressClass object', AWS_DEFAULTS.ingressClass)
    .option('--default-tags <k=v,...>', 'tags on everything', '')
    .option('--external-managed-tags <keys>', 'tag keys that others manage, separated by commas', '')
    .addOption(
      new Option('--default-target-type <type>', 'target type without an annotation')
        .choices(['instance', 'ip'])
        .default(AWS_DEFAULTS.defaultTargetType),
    )
    .option('--default-ssl-policy <name>', 'TLS policy without an annotation', AWS_DEFAULTS.defaultSslPolicy)
    .addOption(
      new Option('--default-load-balancer-scheme <scheme>', 'scheme without an annotation')
        .choices(['internal', 'internet-facing'])
        .default(AWS_DEFAULTS.defaultScheme),
    )
    .option('--no-enable-backend-security-group', 'no shared security group that nodes and pods admit')
    .option('--backend-security-group <id>', 'id of a shared security group that exists', '')
    .option('--no-import-tls-secrets', 'TLS Secrets are not imported into ACM')
    .option('--no-manage-unclassed', 'leave Services without loadBalancerClass to the cloud controller manager')
    .option('--disable-ingress-group-name-annotation', 'only IngressClassParams name a group', false)
}

/** @throws {UsageError} when a value cannot be read */
export function toAwsOptions(flags: AwsFlags): Omit<AwsOptions, 'inventory' | 'nowMs'> {
  if (flags.clusterName === '') {
    throw new UsageError(
      'Cannot plan for AWS: the name of the cluster is part of all names there; give --cluster-name NAME',
    )
  }
  return {
    ...AWS_DEFAULTS,
    clusterName: flags.clusterName,
    ingressClass: flags.ingressClass,
    managesUnclassed: flags.manageUnclassed,
    defaultTags: readTags(flags.defaultTags),
    externalManagedTags: splitList(flags.externalManagedTags),
    defaultTargetType: flags.defaultTargetType,
    defaultSslPolicy: flags.defaultSslPolicy,
    defaultScheme: flags.defaultLoadBalancerScheme,
    usesBackendSecurityGroup: flags.enableBackendSecurityGroup,
    backendSecurityGroup: flags.backendSecurityGroup,
    importsSecrets: flags.importTlsSecrets,
    allowsGroupAnnotation: !flags.disableIngressGroupNameAnnotation,
  }
}

function readTags(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    splitList(text).map((item) => {
      const equals = item.indexOf('=')
      if (equals <= 0) throw new UsageError(`Cannot use --default-tags: ${JSON.stringify(item)} is not KEY=VALUE`)
      return [item.slice(0, equals).trim(), item.slice(equals + 1).trim()] as const
    }),
  )
}

function splitList(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}
