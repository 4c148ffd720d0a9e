/** Compares answers with what a wire case expects; each failure says what came instead. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import type { WireAnswer } from './send-request.ts'
import type { TextExpectation, WireExpectation } from './wire-case.ts'

/** What a simulated pod answers (the shape of Gateway API's echo-basic). */
interface Echo {
  readonly path: string
  readonly host: string
  readonly method: string
  readonly headers: Readonly<Record<string, readonly string[]>>
  readonly namespace: string
  readonly service: string
  readonly pod: string
}

export function checkAnswers(answers: readonly WireAnswer[], expected: WireExpectation): void {
  for (const answer of answers) checkAnswer(answer, expected)
  if (expected.shares !== undefined) checkShares(answers, expected.shares)
  if (expected.distinctPods === undefined) return
  const pods = new Set(answers.map((answer) => readEcho(answer).pod))
  assert.equal(pods.size, expected.distinctPods, `pods that answered: ${[...pods].sort().join(', ')}`)
}

const SHARE_TOLERANCE = 5

function checkShares(answers: readonly WireAnswer[], shares: Readonly<Record<string, number>>): void {
  const counts = new Map<string, number>()
  for (const answer of answers) {
    const echo = readEcho(answer)
    const service = `${echo.namespace}/${echo.service}`
    counts.set(service, (counts.get(service) ?? 0) + 1)
  }
  for (const [service, percent] of Object.entries(shares)) {
    const actual = ((counts.get(service) ?? 0) / answers.length) * 100
    assert.ok(Math.abs(actual - percent) <= SHARE_TOLERANCE, `${service} answered ${actual} % instead of ${percent} %`)
  }
}

function checkAnswer(answer: WireAnswer, expected: WireExpectation): void {
  assert.equal(answer.status, expected.status, `status of ${JSON.stringify(answer.headers)} ${answer.body}`)
  for (const [name, text] of Object.entries(expected.headers ?? {})) {
    checkText(answer.headers[name.toLowerCase()], text, `header ${name}`)
  }
  if (expected.body !== undefined) checkText(answer.body, expected.body, 'body')
  checkEcho(answer, expected)
  checkCertificate(answer, expected)
}

function checkEcho(answer: WireAnswer, expected: WireExpectation): void {
  const { service, upstreamPath, upstreamMethod, upstreamHost, upstreamHeaders } = expected
  if ([service, upstreamPath, upstreamMethod, upstreamHost, upstreamHeaders].every((field) => field === undefined))
    return
  const echo = readEcho(answer)
  if (service !== undefined) assert.equal(`${echo.namespace}/${echo.service}`, service, 'service that answered')
  if (upstreamPath !== undefined) assert.equal(echo.path, upstreamPath, 'path that the pod saw')
  if (upstreamMethod !== undefined) assert.equal(echo.method, upstreamMethod, 'method that the pod saw')
  if (upstreamHost !== undefined) assert.equal(echo.host, upstreamHost, 'host that the pod saw')
  const seen = new Map(Object.entries(echo.headers).map(([name, values]) => [name.toLowerCase(), values.join(', ')]))
  for (const [name, text] of Object.entries(upstreamHeaders ?? {})) {
    checkText(seen.get(name.toLowerCase()), text, `header ${name} that the pod saw`)
  }
}

function checkCertificate(answer: WireAnswer, expected: WireExpectation): void {
  const { certificateCovers, certificateDoesNotCover, certificateSubject, cipher } = expected
  if (cipher !== undefined) assert.equal(answer.cipher, cipher)
  if (certificateCovers === undefined && certificateDoesNotCover === undefined && certificateSubject === undefined)
    return
  const certificate = new X509Certificate(answer.certificate)
  const names = certificate.subjectAltName ?? certificate.subject
  if (certificateCovers !== undefined)
    assert.ok(certificate.checkHost(certificateCovers) !== undefined, `${names} does not cover ${certificateCovers}`)
  if (certificateDoesNotCover !== undefined)
    assert.equal(
      certificate.checkHost(certificateDoesNotCover),
      undefined,
      `${names} covers ${certificateDoesNotCover}`,
    )
  if (certificateSubject !== undefined) checkText(certificate.subject, certificateSubject, 'subject of the certificate')
}

function readEcho(answer: WireAnswer): Echo {
  try {
    return JSON.parse(answer.body) as Echo
  } catch {
    assert.fail(`The answer did not come from a simulated pod: ${answer.status} ${answer.body}`)
  }
}

function checkText(actual: string | undefined, expected: TextExpectation, what: string): void {
  if (expected === null) assert.equal(actual, undefined, what)
  else if (typeof expected === 'string') assert.equal(actual, expected, what)
  else assert.match(actual ?? '', new RegExp(`^(?:${expected.matches})$`, 's'), what)
}
