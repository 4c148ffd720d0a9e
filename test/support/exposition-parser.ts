/** A strict reader of the Prometheus text format, for tests: whatever it accepts, Prometheus accepts. */
import assert from 'node:assert/strict'

interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

interface Family {
  readonly type: string
  readonly samples: Sample[]
}

const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)/y

/** Fails on anything that the format forbids: stray lines, repeated families or series, wrong histograms. */
export function parseExposition(text: string): Map<string, Family> {
  assert.ok(text.endsWith('\n'), 'the last line must end')
  const families = new Map<string, Family>()
  const seen = new Set<string>()
  let current: { readonly name: string; readonly family: Family } | null = null
  let announced = ''
  for (const line of text.slice(0, -1).split('\n')) {
    const help = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (?:[^\\]|\\[\\n])*$/.exec(line)
    if (help !== null) {
      announced = help[1] ?? ''
      continue
    }
    const type = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary)$/.exec(line)
    if (type !== null) {
      assert.equal(type[1], announced, 'TYPE follows HELP of the same family')
      assert.equal(families.has(announced), false, `${announced} is announced twice`)
      current = { name: announced, family: { type: type[2] ?? '', samples: [] } }
      families.set(announced, current.family)
      continue
    }
    assert.ok(current !== null, `${line} comes before any TYPE`)
    const sample = parseSample(line)
    const suffixes = current.family.type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']
    const { name } = current
    assert.ok(
      suffixes.some((suffix) => name + suffix === sample.name),
      `${sample.name} is not of ${name}`,
    )
    const key = `${sample.name} ${labelKey(sample.labels)}`
    assert.equal(seen.has(key), false, `${key} is given twice`)
    seen.add(key)
    current.family.samples.push(sample)
  }
  for (const [name, family] of families) {
    assert.ok(family.samples.length > 0, `${name} has no samples`)
    if (family.type === 'histogram') checkHistogram(name, family.samples)
  }
  return families
}

function parseSample(line: string): Sample {
  const match = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line)
  assert.ok(match !== null, `${line} is no sample`)
  const labels: Record<string, string> = {}
  const source = match[2] ?? ''
  LABEL.lastIndex = 0
  while (LABEL.lastIndex < source.length) {
    const pair = LABEL.exec(source)
    assert.ok(pair !== null, `${line} has broken labels`)
    const [, name = '', value = ''] = pair
    assert.equal(Object.hasOwn(labels, name), false, `${line} names ${name} twice`)
    labels[name] = value.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
  }
  const value = match[3] === '+Inf' ? Number.POSITIVE_INFINITY : Number(match[3])
  assert.equal(Number.isNaN(value), false, `${line} has no number`)
  return { name: match[1] ?? '', labels, value }
}

/** Buckets rise, `+Inf` equals the count, and every set of labels has its sum. */
function checkHistogram(name: string, samples: readonly Sample[]): void {
  const groups = new Map<string, Sample[]>()
  for (const sample of samples) {
    const { le: _, ...rest } = sample.labels
    const key = labelKey(rest)
    groups.set(key, [...(groups.get(key) ?? []), sample])
  }
  for (const group of groups.values()) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`)
    const bounds = buckets.map((sample) => (sample.labels['le'] === '+Inf' ? Infinity : Number(sample.labels['le'])))
    assert.deepEqual(
      bounds,
      bounds.toSorted((a, b) => a - b),
    )
    const counts = buckets.map((sample) => sample.value)
    assert.deepEqual(
      counts,
      counts.toSorted((a, b) => a - b),
    )
    assert.equal(bounds.at(-1), Infinity)
    assert.equal(counts.at(-1), group.find((sample) => sample.name === `${name}_count`)?.value)
    assert.equal(group.filter((sample) => sample.name === `${name}_sum`).length, 1)
  }
}

function labelKey(labels: Readonly<Record<string, string>>): string {
  return Object.keys(labels)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((name) => JSON.stringify([name, labels[name]]))
    .join()
}
