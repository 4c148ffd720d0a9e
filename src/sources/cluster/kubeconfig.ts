/** Access by a kubeconfig (`clientcmd.k8s.io` v1): `$KUBECONFIG` may name several files, of which the first to say a thing wins. */
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, dirname, isAbsolute, join } from 'node:path'
import { parse } from 'yaml'
import { AccessError, type ClusterAccess, type Credentials, fixedCredentials } from './cluster-access.ts'
import { execCredentials } from './exec-credentials.ts'
import { tokenFileCredentials } from './token-file.ts'

type Fields = Readonly<Record<string, unknown>>

/** A named entry and the folder that its relative paths mean. */
interface Entry {
  readonly fields: Fields
  readonly folder: string
}

interface Merged {
  readonly clusters: ReadonlyMap<string, Entry>
  readonly users: ReadonlyMap<string, Entry>
  readonly contexts: ReadonlyMap<string, Entry>
  readonly current: string
  readonly from: string
}

/** Where a kubeconfig is looked for: the flag, `$KUBECONFIG`, then `~/.kube/config`. */
export function kubeconfigFiles(
  flag: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): readonly string[] {
  if (flag !== '') return [flag]
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '')
  return listed.length > 0 ? listed : [join(homeFolder(), '.kube', 'config')]
}

/** The root where a user has none: one that the system does not know, as in some containers, and without `$HOME`. */
function homeFolder(): string {
  try {
    return homedir()
  } catch {
    return '/'
  }
}

/**
 * @param context name; empty = the current one
 * @throws {AccessError} with the file and what it lacks
 */
export async function readKubeconfig(files: readonly string[], context: string): Promise<ClusterAccess> {
  const merged = await merge(files)
  const name = context === '' ? merged.current : context
  if (name === '')
    throw new AccessError(`Cannot use ${merged.from}: it has no current-context; name one with --context`)
  const { cluster, user, namespace } = find(merged.contexts, name, 'context', merged).fields as Record<string, unknown>
  const clusterEntry = find(merged.clusters, text(cluster), 'cluster', merged)
  const { fields, folder } = clusterEntry
  const server = text(fields['server']).replace(/\/+$/, '')
  if (!/^https?:\/\//.test(server))
    throw new AccessError(
      `Cannot use cluster ${text(cluster)} of ${merged.from}: server is ${JSON.stringify(server)}; write https://host:port`,
    )
  const authorityPem = await pem(fields, 'certificate-authority', folder)
  const serverName = text(fields['tls-server-name'])
  return {
    server,
    ...(authorityPem === '' ? {} : { authorityPem }),
    ...(serverName === '' ? {} : { serverName }),
    isInsecure: fields['insecure-skip-tls-verify'] === true,
    credentials:
      text(user) === ''
        ? fixedCredentials({ authorization: '' })
        : await credentialsOf(find(merged.users, text(user), 'user', merged), text(user), merged.from),
    namespace: text(namespace) || 'default',
    from: `context ${name} of ${merged.from}`,
  }
}

async function credentialsOf({ fields, folder }: Entry, name: string, from: string): Promise<Credentials> {
  const exec = fields['exec']
  if (isFields(exec)) {
    const env = Array.isArray(exec['env']) ? exec['env'].filter(isFields) : []
    return execCredentials({
      apiVersion: text(exec['apiVersion']),
      command: resolveCommand(text(exec['command']), folder),
      args: Array.isArray(exec['args']) ? exec['args'].map(String) : [],
      env: Object.fromEntries(env.map((pair) => [text(pair['name']), text(pair['value'])])),
      installHint: text(exec['installHint']),
    })
  }
  const certificatePem = await pem(fields, 'client-certificate', folder)
  const keyPem = await pem(fields, 'client-key', folder)
  if ((certificatePem === '') !== (keyPem === ''))
    throw new AccessError(
      `Cannot use user ${name} of ${from}: it has ${keyPem === '' ? 'client-certificate without client-key' : 'client-key without client-certificate'}; give both`,
    )
  const certificate = certificatePem === '' ? {} : { certificatePem, keyPem }
  if (text(fields['tokenFile']) !== '') {
    const token = tokenFileCredentials(resolve(text(fields['tokenFile']), folder))
    return { next: async () => ({ ...(await token.next()), ...certificate }), refused: (used) => token.refused(used) }
  }
  if (text(fields['token']) !== '')
    return fixedCredentials({ authorization: `Bearer ${text(fields['token'])}`, ...certificate })
  if (text(fields['username']) !== '') {
    const pair = Buffer.from(`${text(fields['username'])}:${text(fields['password'])}`).toString('base64')
    return fixedCredentials({ authorization: `Basic ${pair}`, ...certificate })
  }
  return fixedCredentials({ authorization: '', ...certificate })
}

async function merge(files: readonly string[]): Promise<Merged> {
  const clusters = new Map<string, Entry>()
  const users = new Map<string, Entry>()
  const contexts = new Map<string, Entry>()
  let current = ''
  let read = 0
  let reason = ''
  for (const file of files) {
    let content: string
    try {
      content = await readFile(file, 'utf8')
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error)
      continue
    }
    read++
    const config = parseConfig(content, file)
    current ||= text(config['current-context'])
    const folder = dirname(file)
    collect(config['clusters'], 'cluster', folder, clusters)
    collect(config['users'], 'user', folder, users)
    collect(config['contexts'], 'context', folder, contexts)
  }
  if (read === 0) throw new AccessError(`Cannot read a kubeconfig: ${reason}; name one with --kubeconfig`)
  return { clusters, users, contexts, current, from: files.join(delimiter) }
}

function parseConfig(content: string, file: string): Fields {
  let config: unknown
  try {
    config = parse(content)
  } catch (error) {
    throw new AccessError(`Cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
  // A file that is empty yet is as good as none.
  if (config === null || config === undefined) return {}
  if (!isFields(config)) throw new AccessError(`Cannot read ${file}: it is no kubeconfig`)
  return config
}

function collect(list: unknown, key: string, folder: string, into: Map<string, Entry>): void {
  if (!Array.isArray(list)) return
  for (const item of list) {
    if (!isFields(item) || !isFields(item[key]) || into.has(text(item['name']))) continue
    into.set(text(item['name']), { fields: item[key], folder })
  }
}

function find(entries: ReadonlyMap<string, Entry>, name: string, kind: string, { from }: Merged): Entry {
  const entry = entries.get(name)
  if (entry !== undefined) return entry
  const known = [...entries.keys()].join(', ')
  throw new AccessError(`Cannot use ${from}: it has no ${kind} ${JSON.stringify(name)}; it has ${known || 'none'}`)
}

/** `NAME-data` in base64, or the file `NAME`. */
async function pem(fields: Fields, name: string, folder: string): Promise<string> {
  const inline = text(fields[`${name}-data`])
  if (inline !== '') return Buffer.from(inline, 'base64').toString('utf8')
  const file = text(fields[name])
  if (file === '') return ''
  try {
    return await readFile(resolve(file, folder), 'utf8')
  } catch (error) {
    throw new AccessError(`Cannot read ${name} ${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

function resolve(file: string, folder: string): string {
  return isAbsolute(file) ? file : join(folder, file)
}

/** A bare name is looked up on PATH; a path is relative to the kubeconfig. */
function resolveCommand(command: string, folder: string): string {
  return command.includes('/') ? resolve(command, folder) : command
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
