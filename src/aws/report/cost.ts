/**
 * What load balancers cost a month while nobody uses them: hours of each, and public IPv4 addresses. Usage (capacity units, data,
 * requests) comes on top and is not foretold. Source: list prices on aws.amazon.com/elasticloadbalancing/pricing and /vpc/pricing.
 */
import type { AwsStack } from '../stack/model.ts'

export interface FixedCost {
  /** Two decimals. */
  readonly usdPerMonth: number
  /** What it rests on, for people. */
  readonly assumption: string
  readonly items: readonly {
    readonly what: string
    readonly count: number
    readonly usdPerHour: number
    readonly usdPerMonth: number
  }[]
}

interface Prices {
  /** An Application or Network Load Balancer, an hour. */
  readonly modern: number
  readonly classic: number
}

/** US dollars an hour. Regions that are not here have those of us-east-1. */
const PRICES: Readonly<Record<string, Prices>> = {
  'us-east-1': { modern: 0.0225, classic: 0.025 },
  'us-east-2': { modern: 0.0225, classic: 0.025 },
  'us-west-2': { modern: 0.0225, classic: 0.025 },
  'eu-west-1': { modern: 0.0252, classic: 0.028 },
  'eu-central-1': { modern: 0.027, classic: 0.03 },
  'ap-northeast-1': { modern: 0.0243, classic: 0.027 },
  'ap-southeast-1': { modern: 0.0252, classic: 0.028 },
  'ap-southeast-2': { modern: 0.0252, classic: 0.028 },
}
const US_EAST: Prices = { modern: 0.0225, classic: 0.025 }
const PUBLIC_ADDRESS = 0.005
const HOURS = 730

/** @param region empty = not known */
export function fixedCost(stacks: readonly AwsStack[], region: string): FixedCost {
  const known = Object.hasOwn(PRICES, region)
  const prices = PRICES[region] ?? US_EAST
  const balancers = stacks.flatMap(({ loadBalancers }) => loadBalancers)
  const classics = stacks.flatMap(({ classicLoadBalancers }) => classicLoadBalancers)
  const addresses = balancers
    .filter(
      ({ scheme, ipAddressType }) => scheme === 'internet-facing' && ipAddressType !== 'dualstack-without-public-ipv4',
    )
    .reduce((sum, { subnets }) => sum + subnets.length, 0)
  const publicClassics = classics
    .filter(({ scheme }) => scheme === 'internet-facing')
    .reduce((sum, { subnetIds }) => sum + subnetIds.length, 0)
  const count = (type: string): number => balancers.filter((balancer) => balancer.type === type).length
  const items = [
    item('Application Load Balancer', count('application'), prices.modern),
    item('Network Load Balancer', count('network'), prices.modern),
    item('Classic Load Balancer', classics.length, prices.classic),
    item('public IPv4 address', addresses + publicClassics, PUBLIC_ADDRESS),
  ].filter((row) => row.count > 0)
  const where = known ? region : `us-east-1${region === '' ? '' : ` (${region} is not in the table)`}`
  return {
    usdPerMonth: round(items.reduce((sum, { usdPerMonth }) => sum + usdPerMonth, 0)),
    assumption: `${HOURS} hours a month, list prices of ${where} without tax; one public IPv4 address for each subnet of an internet-facing load balancer; capacity units, data and cross-zone traffic come on top`,
    items,
  }
}

function item(what: string, count: number, usdPerHour: number): FixedCost['items'][number] {
  return { what, count, usdPerHour, usdPerMonth: round(count * usdPerHour * HOURS) }
}

function round(usd: number): number {
  return Math.round(usd * 100) / 100
}
