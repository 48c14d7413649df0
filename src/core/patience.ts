import type { Clock } from './clock.ts'

/**
 * Whether `work` was over within `limitMs`; throws what it throws until then. The timer ends with it, or a process that has
 * nothing else to do would wait for that.
 */
export async function isDoneWithin(clock: Clock, limitMs: number, work: Promise<unknown>): Promise<boolean> {
  let cancel = (): void => undefined
  const isOver = new Promise<boolean>((resolve) => (cancel = clock.after(limitMs, () => resolve(false))))
  try {
    return await Promise.race([work.then(() => true), isOver])
  } finally {
    cancel()
  }
}
