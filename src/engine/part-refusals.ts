import { type PartRefusal, PartRefusals } from '../ingest/part-refusals.ts'
import { ClientWindows } from '../memory/client-windows.ts'
import type { Foundation } from './foundation.ts'

/**
 * One thread's knowledge of frames that were taken in part. The main thread's holds all of them, and hands them on to
 * listeners on other threads. A frame that is forgotten counts as taken, as if nothing of it had been refused.
 */
export function openPartRefusals(
  { memory, plan }: Pick<Foundation, 'memory' | 'plan'>,
  known: Iterable<PartRefusal>,
): PartRefusals {
  if (plan.clientSlots === 0) return new PartRefusals()
  const windows = new ClientWindows(memory, plan.at.clients, plan.clientSlots)
  const refusals = new PartRefusals(({ client, seq }) => windows.setOpen(client, seq, false))
  for (const refusal of known) refusals.learn(refusal)
  return refusals
}
