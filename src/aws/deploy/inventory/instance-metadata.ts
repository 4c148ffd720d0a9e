/**
 * What the EC2 instance that we run on knows of itself. Source: EC2 user guide, instance metadata service version 2: a token
 * by PUT, then plain texts by GET.
 */

/** Where every instance finds it. */
export const METADATA_ENDPOINT = 'http://169.254.169.254'

const TOKEN_SECONDS = 60
/** For all requests together: outside of AWS nobody answers, and pods may be a hop too far. */
const LIMIT_MS = 2_000
const LONGEST = 1024

/**
 * The VPC of the instance's first network interface.
 *
 * @returns `null` when nobody answers, or not with the id of a VPC, within two seconds
 */
export async function readVpcOfThisInstance(endpoint: string): Promise<string | null> {
  const signal = AbortSignal.timeout(LIMIT_MS)
  const ask = async (path: string, init: RequestInit): Promise<string> => {
    const answer = await fetch(new URL(path, endpoint), { ...init, signal, redirect: 'error' })
    const text = (await answer.text()).trim()
    if (!answer.ok || text.length > LONGEST) throw new Error(`${path}: ${answer.status}`)
    return text
  }
  try {
    const ttl = { 'x-aws-ec2-metadata-token-ttl-seconds': String(TOKEN_SECONDS) }
    const token = await ask('/latest/api/token', { method: 'PUT', headers: ttl })
    const headers = { 'x-aws-ec2-metadata-token': token }
    const mac = await ask('/latest/meta-data/mac', { headers })
    if (!/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/.test(mac)) return null
    const vpcId = await ask(`/latest/meta-data/network/interfaces/macs/${mac}/vpc-id`, { headers })
    return /^vpc-[0-9a-f]{8,17}$/.test(vpcId) ? vpcId : null
  } catch {
    // Not there, too slow, or not it: whoever asks says what to give instead.
    return null
  }
}
