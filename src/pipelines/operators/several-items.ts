import type { Origin } from '../definition/outside.ts'
import type { Emit } from '../runtime/operator.ts'

/** Gives what one item became; their ids tell them apart, and are the same when it becomes the same again. */
export function emitAll(items: readonly unknown[], origin: Origin, out: Emit): void {
  for (let i = 0; i < items.length; i++)
    out({ item: items[i], origin: { ...origin, id: `${origin.id}/${i}` } })
}
