import { InvalidArgumentError } from 'commander'
import { DEFAULT_RATES, type Rate, type Rates } from '../aws/deploy/execute/budget.ts'

const CLASSES = Object.keys(DEFAULT_RATES) as (keyof Rates)[]
const HINT = `write CLASS=RATE:BURST,... with calls per second from 0.01 to 1000 and at once from 1 to 10000, and the classes ${CLASSES.join(', ')}`

/**
 * `--aws-api-rates`: `read=50:200,write=3:20`. What is not named stays as it is.
 *
 * @throws {InvalidArgumentError} for anything else
 */
export function parseRates(text: string): Rates {
  const rates = new Map<string, Rate>()
  for (const item of text.split(',')) {
    const match = /^\s*([A-Za-z]+)=(\d{1,4}(?:\.\d{1,3})?):(\d{1,5})\s*$/.exec(item)
    const name = CLASSES.find((one) => one === match?.[1])
    const [perSecond, burst] = [Number(match?.[2]), Number(match?.[3])]
    if (name === undefined || !(perSecond >= 0.01 && perSecond <= 1000) || !(burst >= 1 && burst <= 10_000)) {
      throw new InvalidArgumentError(`${JSON.stringify(item.slice(0, 60))} is no rate; ${HINT}`)
    }
    if (rates.has(name)) throw new InvalidArgumentError(`${name} is there twice; ${HINT}`)
    rates.set(name, { perSecond, burst })
  }
  return { ...DEFAULT_RATES, ...Object.fromEntries(rates) }
}
