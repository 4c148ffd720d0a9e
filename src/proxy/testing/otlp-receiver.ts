/** For tests: an OTLP collector of other make, with a gRPC and an HTTP door, that decodes what it is sent. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type sendUnaryData, Server, ServerCredentials, type ServerUnaryCall, status } from '@grpc/grpc-js'
import protobuf from 'protobufjs'

/** Field numbers of opentelemetry-proto 1.x, in our own words. */
const PROTO = `
syntax = "proto3";
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
message KeyValue { string key = 1; AnyValue value = 2; }
message Resource { repeated KeyValue attributes = 1; }
message Scope { string name = 1; string version = 2; }
message Status { string message = 2; uint32 code = 3; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; uint32 kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
  Status status = 15; fixed32 flags = 16;
}
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message Request { repeated ResourceSpans resource_spans = 1; }
message PartialSuccess { int64 rejected_spans = 1; string error_message = 2; }
message Response { PartialSuccess partial_success = 1; }
`
const root = protobuf.parse(PROTO, { keepCase: true }).root
const REQUEST = root.lookupType('Request')
const RESPONSE = root.lookupType('Response')

export interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly traceState: string
  readonly name: string
  readonly kind: number
  readonly startNs: bigint
  readonly endNs: bigint
  /** 0 = unset, 2 = error. */
  readonly statusCode: number
  readonly flags: number
  readonly attributes: Readonly<Record<string, string | number>>
  readonly resource: Readonly<Record<string, string | number>>
  readonly scope: string
}

export interface OtlpReceiver extends AsyncDisposable {
  readonly grpcPort: number
  readonly httpPort: number
  readonly spans: readonly ReceivedSpan[]
  /** Exports so far, refused ones too. */
  readonly exports: number
  /** Resolves when so many spans are there. */
  spanCount(count: number): Promise<void>
  /** How the next exports end: refused with this gRPC status; `null` = taken. */
  failWith(code: number | null): void
  /** Spans that answers reject, as `partial_success`. */
  rejectSpans(count: number): void
}

interface Pair {
  readonly key: string
  readonly value: { readonly string_value?: string; readonly int_value?: string }
}

interface DecodedSpan {
  readonly trace_id: Buffer
  readonly span_id: Buffer
  readonly parent_span_id: Buffer
  readonly trace_state: string
  readonly name: string
  readonly kind: number
  readonly start_time_unix_nano: string
  readonly end_time_unix_nano: string
  readonly status?: { readonly code: number }
  readonly flags: number
  readonly attributes: readonly Pair[]
}

interface Decoded {
  readonly resource_spans: readonly {
    readonly resource: { readonly attributes: readonly Pair[] }
    readonly scope_spans: readonly {
      readonly scope: { readonly name: string }
      readonly spans: readonly DecodedSpan[]
    }[]
  }[]
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = []
  let wake: (() => void)[] = []
  let failure: number | null = null
  let rejected = 0
  let exports = 0

  function take(message: Buffer): Buffer {
    spans.push(...readSpans(message))
    for (const resolve of wake.splice(0)) resolve()
    wake = []
    const partial = rejected === 0 ? {} : { partial_success: { rejected_spans: rejected, error_message: 'too many' } }
    return Buffer.from(RESPONSE.encode(RESPONSE.create(partial)).finish())
  }

  const grpc = new Server()
  const identity = (bytes: Buffer): Buffer => bytes
  grpc.addService(
    {
      Export: {
        path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        requestStream: false,
        responseStream: false,
        requestSerialize: identity,
        requestDeserialize: identity,
        responseSerialize: identity,
        responseDeserialize: identity,
      },
    },
    {
      Export(call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) {
        exports++
        if (failure === null) answer(null, take(call.request))
        else answer({ code: failure, details: status[failure] ?? '' })
      },
    },
  )
  const { promise: bound, resolve, reject } = Promise.withResolvers<number>()
  grpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
    error === null ? resolve(port) : reject(error),
  )
  const http = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      exports++
      const isWanted = request.url === '/v1/traces' && request.headers['content-type'] === 'application/x-protobuf'
      response.statusCode = !isWanted ? 404 : failure === null ? 200 : 503
      response.end(response.statusCode === 200 ? take(Buffer.concat(chunks)) : '')
    })
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    grpcPort: await bound,
    httpPort: (http.address() as AddressInfo).port,
    spans,
    get exports() {
      return exports
    },
    async spanCount(count) {
      const signal = AbortSignal.timeout(5000)
      while (spans.length < count) {
        await new Promise<void>((done, fail) => {
          wake.push(done)
          signal.addEventListener('abort', () => fail(new Error(`Only ${spans.length} of ${count} spans came`)))
        })
      }
    },
    failWith: (code) => {
      failure = code
    },
    rejectSpans: (count) => {
      rejected = count
    },
    [Symbol.asyncDispose]: async () => {
      grpc.forceShutdown()
      http.closeAllConnections()
      http.close()
    },
  }
}

function readSpans(message: Buffer): readonly ReceivedSpan[] {
  const decoded = REQUEST.toObject(REQUEST.decode(message), {
    longs: String,
    defaults: true,
    arrays: true,
    oneofs: true,
  }) as unknown as Decoded
  return decoded.resource_spans.flatMap(({ resource, scope_spans: scopes }) =>
    scopes.flatMap(({ scope, spans }) =>
      spans.map((span) => ({
        traceId: span.trace_id.toString('hex'),
        spanId: span.span_id.toString('hex'),
        parentSpanId: span.parent_span_id.toString('hex'),
        traceState: span.trace_state,
        name: span.name,
        kind: span.kind,
        startNs: BigInt(span.start_time_unix_nano),
        endNs: BigInt(span.end_time_unix_nano),
        statusCode: span.status?.code ?? 0,
        flags: span.flags,
        attributes: readPairs(span.attributes),
        resource: readPairs(resource.attributes),
        scope: scope.name,
      })),
    ),
  )
}

function readPairs(pairs: readonly Pair[]): Readonly<Record<string, string | number>> {
  return Object.fromEntries(
    pairs.map(({ key, value }) => [key, value.string_value ?? Number(value.int_value ?? Number.NaN)]),
  )
}
