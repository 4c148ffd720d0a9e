/**
 * For a process that keeps much for long. V8 sizes the heap by what a program does while it starts: reading a cluster leaves
 * as much behind as stays, and afterwards the heap may more than double before it is looked through again.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Percent of what is kept that may be added before the heap is looked through. At twenty changes a second in a cluster with
 * 10,000 Ingresses that is some times a minute, and costs less than can be told from noise; 20 cost 2 % of a core.
 */
const GROWTH_PERCENT = 40

/** Called once, when what is kept is there. Takes as long as looking through it once: 0.1 s for 100 MB. */
export function steadyHeap(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`)
  setFlagsFromString('--expose-gc')
  // The limit in force is that of the last collection: without one now the percents would count from the second one on.
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect()
}
