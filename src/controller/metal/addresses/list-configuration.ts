/** The configuration of bare metal as it is now, by the API server and not by a watch that may lag behind. */
import { METAL_CONFIG_MAPS } from '../../../dialects/metal/read-metal-config.ts'
import { decodeObject } from '../../../kube/decode/decode-object.ts'
import type { AnyObject } from '../../../kube/objects.ts'
import { ApiError, type ApiTransport } from '../../../sources/cluster/api-transport.ts'
import type { RawObject } from '../../../sources/cluster/reflector.ts'
import { collectionPath, CONFIG_MAPS, objectPath, type Resource } from '../../../sources/cluster/resource.ts'
import { CONFIG_KINDS } from '../followed-kinds.ts'

/** Kinds that the cluster does not define have no objects. @throws {ApiError} when they cannot be read */
export async function listConfiguration(
  transport: ApiTransport,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly AnyObject[]> {
  const read = async <T>(path: string): Promise<T | null> => {
    try {
      return await transport.json<T>({ path, signal })
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return null
      throw error
    }
  }
  const listed = CONFIG_KINDS.map(async (resource) => {
    const list = await read<{ readonly items?: readonly RawObject[] | null }>(collectionPath(resource, namespace))
    return (list?.items ?? []).flatMap((item) => decode(item, resource))
  })
  const named = METAL_CONFIG_MAPS.map(async (name) => {
    const raw = await read<RawObject>(objectPath(CONFIG_MAPS, namespace, name))
    return raw === null ? [] : decode(raw, CONFIG_MAPS)
  })
  return (await Promise.all([...listed, ...named])).flat()
}

/** Items of a list do not say what they are. */
function decode(raw: RawObject, { apiVersion, kind }: Resource): readonly AnyObject[] {
  const { object } = decodeObject({ ...raw, apiVersion, kind }, undefined, 0)
  return object === null ? [] : [object]
}
