/** Users of a Secret: an htpasswd file under the key `auth`, or one key for each user (ingress-nginx, annotations.md). */
import type { KubeSecret } from '../../kube/objects.ts'
import { classifyHash } from '../../routing/password-hash.ts'

export interface UserList {
  readonly users: readonly { readonly name: string; readonly hash: string }[]
  /** Users that are left out: where they are written and what their hash is. Shows nothing of it. */
  readonly refused: readonly { readonly key: string; readonly place: string; readonly state: string }[]
}

/** @returns `null` when an `auth-file` Secret has no key `auth` */
export function readUsers(secret: KubeSecret, type: 'auth-file' | 'auth-map'): UserList | null {
  const users: { name: string; hash: string }[] = []
  const refused: { key: string; place: string; state: string }[] = []
  const add = (name: string, hash: string, key: string, place: string): void => {
    const form = classifyHash(hash)
    if (form.kind === 'refused') refused.push({ key, place, state: form.state })
    else users.push({ name, hash })
  }
  if (type === 'auth-map') {
    for (const name of Object.keys(secret.data).sort()) {
      add(name, secret.data[name]?.reveal().toString('utf8').trim() ?? '', name, `key ${name}`)
    }
    return { users, refused }
  }
  const bytes = secret.data['auth']
  if (bytes === undefined) return null
  const lines = bytes.reveal().toString('utf8').split('\n')
  lines.forEach((written, index) => {
    const line = written.trim()
    if (line === '' || line.startsWith('#')) return
    // Whatever follows a second colon is a remark.
    const [name = '', hash] = line.split(':')
    if (hash === undefined || name === '') {
      refused.push({ key: 'auth', place: `line ${index + 1}`, state: 'missing: the line is not user:hash' })
    } else add(name, hash, 'auth', `line ${index + 1}`)
  })
  return { users, refused }
}
