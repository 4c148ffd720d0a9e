/** For tests: a real gRPC server and client (grpc-js) whose messages are plain bytes. */
import {
  type Client,
  credentials,
  makeClientConstructor,
  type Metadata,
  Server,
  ServerCredentials,
} from '@grpc/grpc-js'
import type {
  ChannelOptions,
  ClientDuplexStream,
  ClientReadableStream,
  ClientUnaryCall,
  ClientWritableStream,
  ServiceDefinition,
  ServiceError,
  UntypedServiceImplementation,
} from '@grpc/grpc-js'
import type { TestContext } from 'node:test'

const asIs = (bytes: Buffer): Buffer => bytes
const methods = {
  unary: [false, false],
  upload: [true, false],
  download: [false, true],
  chat: [true, true],
} as const

const SERVICE: ServiceDefinition = Object.fromEntries(
  Object.entries(methods).map(([name, [requestStream, responseStream]]) => [
    name,
    {
      path: `/test.Echo/${name}`,
      requestStream,
      responseStream,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    },
  ]),
)

type Answered = (error: ServiceError | null, value?: Buffer) => void

export interface EchoClient extends Client {
  unary(message: Buffer, metadata: Metadata, options: { deadline?: number }, answered: Answered): ClientUnaryCall
  unary(message: Buffer, answered: Answered): ClientUnaryCall
  upload(answered: Answered): ClientWritableStream<Buffer>
  download(message: Buffer): ClientReadableStream<Buffer>
  chat(): ClientDuplexStream<Buffer, Buffer>
}

export interface GrpcServer {
  readonly port: number
  /** Ends every connection at once. */
  kill(): void
}

/** Large enough for what the tests send. */
const LIMITS: ChannelOptions = {
  'grpc.max_receive_message_length': 64_000_000,
  'grpc.max_send_message_length': 64_000_000,
}

export async function startGrpcServer(
  test: TestContext,
  implementation: UntypedServiceImplementation,
  secrets: { readonly certPem: string; readonly keyPem: string } | null = null,
): Promise<GrpcServer> {
  const server = new Server(LIMITS)
  server.addService(SERVICE, implementation)
  const access =
    secrets === null
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(null, [
          { cert_chain: Buffer.from(secrets.certPem), private_key: Buffer.from(secrets.keyPem) },
        ])
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', access, (error, bound) => (error === null ? resolve(bound) : reject(error)))
  })
  test.after(() => server.forceShutdown())
  return { port, kill: () => server.forceShutdown() }
}

/** Closed with the test. Retries of the client are off: a test sees what the proxy does. */
export function connectGrpc(test: TestContext, port: number): EchoClient {
  const Echo = makeClientConstructor(SERVICE, 'Echo')
  const options = { ...LIMITS, 'grpc.enable_retries': 0 }
  const client = new Echo(`127.0.0.1:${port}`, credentials.createInsecure(), options) as unknown as EchoClient
  test.after(() => client.close())
  return client
}

/** One unary call. @throws {ServiceError} */
export function callUnary(client: EchoClient, message: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    client.unary(message, (error, value) => (error === null ? resolve(value ?? Buffer.alloc(0)) : reject(error)))
  })
}
