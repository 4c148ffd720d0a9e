/** Annotations that restrict who gets where and that are there without a text: a template that lost its value. */
import { type KubeObject, originOf } from '../../../../kube/meta.ts'
import type { Report } from '../../../report.ts'

/**
 * True, with an error, when the first object that has the annotation has nothing in it. An empty setting is elsewhere as
 * good as none, but nobody writes the name of a protection to be without it.
 *
 * @param name full name
 */
export function isBlankProtection(objects: readonly KubeObject[], name: string, report: Report): boolean {
  const holder = objects.find(({ meta }) => Object.hasOwn(meta.annotations, name))
  if (holder === undefined || (holder.meta.annotations[name] ?? '').trim() !== '') return false
  const message = `Cannot use annotation ${name}: it is empty; its routes answer 503 until it has a value or is removed`
  report('ANNOTATION_VALUE', message, originOf(holder, 'metadata', 'annotations', name), 'error')
  return true
}
