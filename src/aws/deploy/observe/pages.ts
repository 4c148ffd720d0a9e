/** All pages of a listing, and many listings a few at a time. */
import type { AwsAction, AwsApi, AwsCalls } from '../aws-api.ts'

/** How the services name the place at which the next page begins: in the input, and in the output. */
const MARKERS = {
  elbv2: ['Marker', 'NextMarker'],
  elb: ['Marker', 'NextMarker'],
  ec2: ['NextToken', 'NextToken'],
  acm: ['NextToken', 'NextToken'],
  wafv2: ['NextMarker', 'NextMarker'],
  shield: ['NextToken', 'NextToken'],
  tagging: ['PaginationToken', 'PaginationToken'],
} as const

/** More pages than this say that something is wrong: the marker leads in a circle. */
const MAX_PAGES = 1000

/** @throws {AwsError} */
export async function readPages<A extends AwsAction, T>(
  api: AwsApi,
  action: A,
  input: AwsCalls[A]['input'],
  itemsOf: (output: Omit<AwsCalls[A]['output'], '$metadata'>) => readonly T[] | undefined,
): Promise<T[]> {
  const service = action.slice(0, action.indexOf(':')) as keyof typeof MARKERS
  const [give, take] = MARKERS[service]
  const items: T[] = []
  let marker: string | undefined
  for (let count = 0; count < MAX_PAGES; count++) {
    const output = await api.call(action, marker === undefined ? input : { ...input, [give]: marker })
    items.push(...(itemsOf(output) ?? []))
    marker = (output as Record<string, string | undefined>)[take]
    if (marker === undefined || marker === '') break
  }
  return items
}

/** Results in the order of the items, at most `limit` under way at once. */
export async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  read: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const work = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) results[index] = await read(items[index] as T)
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work))
  return results
}

/** Lists of at most `size`. */
export function inChunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}
