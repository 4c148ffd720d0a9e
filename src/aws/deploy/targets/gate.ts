/** Lets a bounded number of tasks run at the same time, first come, first served. */
export interface Gate {
  run<T>(task: () => Promise<T>): Promise<T>
}

/** @param limit tasks at the same time, >= 1 */
export function createGate(limit: number): Gate {
  const waiting: (() => void)[] = []
  let running = 0
  return {
    async run(task) {
      if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve))
      else running++
      try {
        return await task()
      } finally {
        const next = waiting.shift()
        if (next === undefined) running--
        else next()
      }
    },
  }
}
