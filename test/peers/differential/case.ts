/** Cases of the differential suite: one host, as a hand-written nginx server and as Ingress manifests. */
import { readdirSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'

export interface DifferentialCase {
  readonly name: string
  /** Served by both; every host of a case is its own. */
  readonly hosts: readonly string[]
  /** Inside nginx's `server`; `@proxy;` stands for the directives that every proxied location has. */
  readonly nginx: string
  /** Annotations without their prefix. */
  readonly annotations?: Readonly<Record<string, string>>
  /** Default: one Prefix path `/` to `web`. */
  readonly paths?: readonly { readonly path: string; readonly pathType?: string; readonly service?: string }[]
  readonly isTls?: boolean
  /** Further manifests as they are. */
  readonly manifests?: string
  readonly requests: readonly DifferentialRequest[]
}

export interface DifferentialRequest {
  readonly name: string
  readonly method?: string
  /** Default: the first host. */
  readonly host?: string
  readonly path?: string
  readonly isTls?: boolean
  readonly headers?: Readonly<Record<string, string>>
  readonly bodyBytes?: number
  /** Parts that differ on purpose, with the reason: `status`, `header NAME`, `upstream NAME`, `request line`, `log`. */
  readonly differs?: Readonly<Record<string, string>>
}

const FOLDER = new URL('cases/', import.meta.url)

export function readCases(): readonly DifferentialCase[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .flatMap((name) => parse(readFileSync(new URL(name, FOLDER), 'utf8')) as DifferentialCase[])
}
