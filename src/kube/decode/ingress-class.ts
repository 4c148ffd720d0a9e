/** IngressClass, the same in v1 and v1beta1. Source: NetworkingV1 IngressClass. */
import { optionalText, report, requiredSection, requiredText, section } from '../../base/decode.ts'
import type { MapField } from '../../base/decode.ts'
import { closeMap } from '../../base/decode-list.ts'
import type { KubeObject } from '../meta.ts'
import type { IngressClass } from '../objects.ts'
import { ROOT_FIELDS } from './root-fields.ts'

const DEFAULT_ANNOTATION = 'ingressclass.kubernetes.io/is-default-class'

/** Decodes an IngressClass; without a controller it belongs to nobody (empty text). */
export function decodeIngressClass(root: MapField, base: Omit<KubeObject, 'kind'>): IngressClass {
  closeMap(root, ROOT_FIELDS, { controller: 'indent it below spec:' })
  const spec = requiredSection(root, 'spec')
  if (spec !== undefined) closeMap(spec, ['controller', 'parameters'])
  const controller = spec === undefined ? undefined : requiredText(spec, 'controller')
  const mark = base.meta.annotations[DEFAULT_ANNOTATION]
  if (mark !== undefined && mark !== 'true' && mark !== 'false') {
    const field = { path: ['metadata', 'annotations', DEFAULT_ANNOTATION], log: root.log }
    report(field, 'ANNOTATION_VALUE', `${JSON.stringify(mark)} is neither "true" nor "false"; the class is no default`)
  }
  const parameters = spec === undefined ? undefined : decodeParameters(spec)
  return {
    kind: 'IngressClass',
    ...base,
    controller: controller ?? '',
    isDefault: mark === 'true',
    ...(parameters === undefined ? {} : { parameters }),
  }
}

function decodeParameters(spec: MapField): IngressClass['parameters'] {
  const parameters = section(spec, 'parameters')
  if (parameters === undefined) return undefined
  closeMap(parameters, ['apiGroup', 'kind', 'name', 'namespace', 'scope'])
  const text = (key: string): string => optionalText(parameters, key) ?? ''
  return { apiGroup: text('apiGroup'), kind: text('kind'), name: text('name'), namespace: text('namespace') }
}
