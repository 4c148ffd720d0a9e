import assert from 'node:assert/strict'
import { registerHooks } from 'node:module'
import { test } from 'node:test'
import { L2Failure, loadLibc } from './libc.ts'

test('without its package it says what to install, and a later attempt may find it', () => {
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'koffi') throw new Error("Cannot find module 'koffi'\nRequire stack: ...")
      return next(specifier, context)
    },
  })
  assert.throws(loadLibc, (error) => {
    assert.ok(error instanceof L2Failure)
    assert.equal(error.code, 'LIBRARY_MISSING')
    assert.equal(
      error.message,
      `Cannot call the C library: Cannot find module 'koffi'; install the optional package koffi for ${process.platform}-${process.arch} (npm install --include=optional)`,
    )
    return true
  })
  hooks.deregister()
  const libc = loadLibc()
  assert.equal(libc.close(-1), -1)
  assert.equal(libc.lastError(), 'EBADF')
})
