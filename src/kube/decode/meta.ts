/** `metadata` of every kind. Source: meta/v1 ObjectMeta. */
import { optionalText, report, requiredSection, requiredText } from '../../base/decode.ts'
import type { MapField } from '../../base/decode.ts'
import { closeMap, listOfText, textRecord } from '../../base/decode-list.ts'
import { intern } from '../../base/intern.ts'
import type { ObjectMeta } from '../meta.ts'
import { faultOfLabel, faultOfSubdomain } from './names.ts'

const KNOWN = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
  'clusterName',
  'initializers',
]

/** Decodes `metadata`; `null`, with a finding, when the object has no usable name and so no identity. */
export function decodeMeta(root: MapField, isNamespaced: boolean): ObjectMeta | null {
  const map = requiredSection(root, 'metadata')
  if (map === undefined) return null
  closeMap(map, KNOWN)
  const name = decodeName(map)
  const namespace = isNamespaced ? decodeNamespace(map) : ''
  const finalizers = listOfText(map, 'finalizers')
  const deletionTimestamp = optionalText(map, 'deletionTimestamp')
  const uid = optionalText(map, 'uid') ?? ''
  const resourceVersion = optionalText(map, 'resourceVersion') ?? ''
  const creationTimestamp = intern(optionalText(map, 'creationTimestamp') ?? '')
  const labels = textRecord(map, 'labels')
  const annotations = textRecord(map, 'annotations')
  if (name === null || namespace === null) return null
  // All fields that are always there in one literal, which has room for just them.
  return {
    name,
    namespace,
    uid,
    resourceVersion,
    creationTimestamp,
    labels,
    annotations,
    ...(finalizers.length === 0 ? {} : { finalizers }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
  }
}

function decodeName(map: MapField): string | null {
  const name = requiredText(map, 'name')
  if (name === undefined) return null
  return refuse(map, 'name', name, faultOfSubdomain(name))
}

function decodeNamespace(map: MapField): string | null {
  const namespace = optionalText(map, 'namespace') ?? ''
  if (namespace === '') return 'default'
  return refuse(map, 'namespace', intern(namespace), faultOfLabel(namespace))
}

function refuse(map: MapField, key: string, value: string, fault: string | null): string | null {
  if (fault === null) return value
  const field = { path: [...map.path, key], log: map.log }
  report(field, 'FIELD_VALUE', `${JSON.stringify(value)} is not a name that Kubernetes accepts: ${fault}`)
  return null
}
