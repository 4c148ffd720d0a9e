/** gRPC at a simulated pod: every message comes back, then status 0. The head says which pod it was. */
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { SimulatedPod } from './plan.ts'

export function isGrpcRequest(request: { readonly headers: NodeJS.Dict<string | string[]> }): boolean {
  return /^application\/grpc(?:$|[+; ])/.test(String(request.headers['content-type'] ?? ''))
}

export function answerGrpc(pod: SimulatedPod, request: Http2ServerRequest, response: Http2ServerResponse): void {
  response.writeHead(200, {
    'content-type': String(request.headers['content-type']),
    'x-pod': pod.pod,
    'x-service': `${pod.namespace}/${pod.service}`,
  })
  response.addTrailers({ 'grpc-status': '0' })
  response.on('error', () => undefined)
  request.pipe(response)
}
