/**
 * The AWS SDK behind {@link AwsApi}. Each client is loaded when its service is first called, so that nobody who does not use
 * AWS pays for it. Tries again nothing by itself: budgets and retries are ours (`../execute`).
 */
import { type AwsAction, type AwsApi, type AwsCalls } from '../aws-api.ts'
import { type AwsService } from '../aws-actions.ts'
import { operationOf, serviceOf } from './actions.ts'
import { toAwsError } from './sdk-error.ts'

export interface OpenAwsOptions {
  readonly region: string
  /** Of an emulator or a proxy; for every service. */
  readonly endpoint?: string
  /** Absent = the SDK's chain: environment, IRSA, Pod Identity, profiles, instance role. */
  readonly credentials?: {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken?: string
  }
}

export interface OpenedAws extends AwsApi {
  /** Closes kept connections. */
  close(): void
}

/** What a client of the SDK is to us. */
interface SdkClient {
  send(command: unknown, options: { readonly abortSignal?: AbortSignal }): Promise<unknown>
  destroy(): void
}

interface LoadedService {
  readonly client: SdkClient
  readonly module: Readonly<Record<string, unknown>>
}

const CLIENTS = {
  elbv2: async () => pick(await import('@aws-sdk/client-elastic-load-balancing-v2'), 'ElasticLoadBalancingV2Client'),
  elb: async () => pick(await import('@aws-sdk/client-elastic-load-balancing'), 'ElasticLoadBalancingClient'),
  ec2: async () => pick(await import('@aws-sdk/client-ec2'), 'EC2Client'),
  acm: async () => pick(await import('@aws-sdk/client-acm'), 'ACMClient'),
  wafv2: async () => pick(await import('@aws-sdk/client-wafv2'), 'WAFV2Client'),
  shield: async () => pick(await import('@aws-sdk/client-shield'), 'ShieldClient'),
  tagging: async () =>
    pick(await import('@aws-sdk/client-resource-groups-tagging-api'), 'ResourceGroupsTaggingAPIClient'),
} as const satisfies Record<AwsService, () => Promise<SdkModule>>

interface SdkModule {
  readonly module: Readonly<Record<string, unknown>>
  readonly clientName: string
}

/** Time until a connection stands, and until an answer is there. */
const CONNECT_MS = 5_000
const ANSWER_MS = 30_000

/** @throws {TypeError} when the region is empty */
export async function openAws(options: OpenAwsOptions): Promise<OpenedAws> {
  if (options.region === '') {
    throw new TypeError('Cannot open AWS: no region is given; wanted is a name such as "eu-central-1"')
  }
  const services = new Map<AwsService, Promise<LoadedService>>()
  const load = (service: AwsService): Promise<LoadedService> => {
    const known = services.get(service)
    if (known !== undefined) return known
    const loading = openService(service, options)
    services.set(service, loading)
    return loading
  }
  return {
    async call<A extends AwsAction>(action: A, input: AwsCalls[A]['input'], signal?: AbortSignal) {
      const { client, module } = await load(serviceOf(action))
      const Command = module[`${operationOf(action)}Command`] as new (input: unknown) => unknown
      try {
        const output = await client.send(new Command(input), signal === undefined ? {} : { abortSignal: signal })
        return output as Omit<AwsCalls[A]['output'], '$metadata'>
      } catch (error) {
        // No cause: the SDK's error holds the request with its credentials.
        throw toAwsError(action, error)
      }
    },
    close() {
      for (const service of services.values()) {
        // Whoever called a service that could not be loaded has heard of it.
        service.then(({ client }) => client.destroy()).catch(() => undefined)
      }
      services.clear()
    },
  }
}

/** The commands that a service's client has, for the test that holds the table of actions to them. */
export async function readCommandNames(service: AwsService): Promise<ReadonlySet<string>> {
  const { module } = await CLIENTS[service]()
  return new Set(Object.keys(module).filter((name) => name.endsWith('Command')))
}

async function openService(service: AwsService, options: OpenAwsOptions): Promise<LoadedService> {
  const { module, clientName } = await CLIENTS[service]()
  const Client = module[clientName] as new (config: unknown) => SdkClient
  const client = new Client({
    region: options.region,
    maxAttempts: 1,
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS, throwOnRequestTimeout: true },
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
  })
  return { client, module }
}

function pick(module: object, clientName: string): SdkModule {
  return { module: module as Readonly<Record<string, unknown>>, clientName }
}
