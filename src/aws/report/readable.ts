/** References of the stack model as people know the things: names where something is to be made, ids and ARNs where it exists. */
import type { AwsStack, Ref, ResourceKey, StackId } from '../stack/model.ts'
import { KIND_OF_LIST, RESOURCE_LISTS } from '../deploy/observed.ts'

/** The name that AWS shows for a resource, else its id within the stack. */
type Namer = (ref: Ref, stack: StackId) => string

/** Names for all references of these stacks; what they do not have is shown by its key. */
export function createNamer(stacks: readonly AwsStack[]): Namer {
  const names = new Map<string, string>()
  for (const stack of stacks) {
    for (const list of RESOURCE_LISTS) {
      for (const resource of stack[list]) {
        names.set(keyOf(stack.id, `${KIND_OF_LIST[list]}/${resource.id}`), nameOf(resource))
      }
    }
  }
  return (ref, stack) => (typeof ref === 'string' ? ref : (names.get(keyOf(ref.stack ?? stack, ref.ref)) ?? ref.ref))
}

function nameOf(resource: AwsStack[(typeof RESOURCE_LISTS)[number]][number]): string {
  if ('name' in resource) return resource.name
  if ('secretName' in resource) return `Secret ${resource.namespace}/${resource.secretName}`
  return resource.id
}

function keyOf(stack: StackId, resource: ResourceKey): string {
  return `${stack}#${resource}`
}
