import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readGrpcTimeout } from './grpc-timeout.ts'

const read = (value: string): number => readGrpcTimeout(`a: b\r\ngrpc-timeout: ${value}\r\nc: d\r\n`)

test('every unit of grpc-timeout is read', () => {
  assert.deepEqual(['2H', '3M', '4S', '5m', '6000u', '7000000n'].map(read), [7_200_000, 180_000, 4000, 5, 6, 7])
})

test('what is no timeout of gRPC is none', () => {
  for (const value of ['', '5', 'S', '5s', '-1S', '123456789S', '1.5S', '5S ', '99999999H'])
    assert.equal(read(value), -1, value)
  assert.equal(readGrpcTimeout('content-type: application/grpc\r\n'), -1)
})
