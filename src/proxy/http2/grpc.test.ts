/** What gRPC needs of a front: trailers, trailers alone, streams both ways at once, and errors that it understands. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { ask, readAnswer, startFront } from '../testing/http2-front.ts'
import { isGrpc } from './grpc-answer.ts'

const CALL = { ':method': 'POST', ':path': '/shop.Cart/Add', te: 'trailers', 'content-type': 'application/grpc+proto' }

test('a unary call gets its message and its status in trailers', async (t) => {
  const front = await startFront(t, {
    upstream: (request, response) => {
      request.resume().on('end', () => {
        response.writeHead(200, { 'content-type': 'application/grpc+proto', trailer: 'grpc-status' })
        response.write('message')
        response.addTrailers({ 'grpc-status': '0', 'grpc-message': 'fine' })
        response.end()
      })
    },
  })
  const answer = await ask(front.connect(), CALL, 'request')
  assert.deepEqual([answer.status, answer.body, answer.rstCode], [200, 'message', 0])
  assert.deepEqual([answer.trailers['grpc-status'], answer.trailers['grpc-message']], ['0', 'fine'])
})

test('an answer of trailers alone passes', async (t) => {
  const front = await startFront(t, {
    upstream: (request, response) => {
      request.resume()
      response.writeHead(200, { 'content-type': 'application/grpc', 'grpc-status': '12', 'content-length': '0' }).end()
    },
  })
  const answer = await ask(front.connect(), CALL, '')
  assert.deepEqual([answer.status, answer.headers['grpc-status'], answer.body], [200, '12', ''])
})

test('messages pass both ways while both sides go on', async (t) => {
  const front = await startFront(t, {
    upstream: (request, response) => {
      response.writeHead(200, { 'content-type': 'application/grpc' })
      request.on('data', (chunk: Buffer) => response.write(`echo ${chunk.toString()};`))
      request.on('end', () => {
        response.addTrailers({ 'grpc-status': '0' })
        response.end()
      })
    },
  })
  const stream = front.connect().request(CALL)
  const answer = readAnswer(stream)
  for (const message of ['one', 'two', 'three']) {
    stream.write(message)
    const [chunk] = (await once(stream, 'data')) as [Buffer]
    assert.equal(chunk.toString(), `echo ${message};`)
  }
  stream.end()
  assert.equal((await answer).trailers['grpc-status'], '0')
})

test('an error of the proxy is a status of gRPC', async (t) => {
  const closing = await startFront(t, { rawUpstream: (socket) => void socket.once('data', () => socket.destroy()) })
  const unavailable = await ask(closing.connect(), CALL, 'request')
  assert.deepEqual(
    [unavailable.status, unavailable.headers['grpc-status'], unavailable.headers['grpc-message'], unavailable.body],
    [200, '14', '502 Bad Gateway', ''],
  )
  const front = await startFront(t, { route: { match: { kind: 'exact', path: '/only' } } })
  const unknown = await ask(front.connect(), CALL, 'request')
  assert.deepEqual([unknown.status, unknown.headers['grpc-status']], [200, '12'])
})

test('gRPC is told by its content type alone', () => {
  for (const type of ['application/grpc', 'application/grpc+proto', 'application/grpc;x=y'])
    assert.ok(isGrpc(type), type)
  for (const type of ['', 'application/json', 'application/grpc-web', 'application/grpcx'])
    assert.ok(!isGrpc(type), type)
})
