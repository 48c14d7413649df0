import type { WindowSpec } from '../definition/window-spec.ts'
import { type Duration, durationMs } from './duration.ts'

/** What is wrong is left as it is; the check says so. */
const ms = (duration: Duration): number => durationMs(duration) ?? (duration as number)

/** Windows of `size`, one after the other, aligned to the epoch plus `offset`. */
export const tumbling = (
  size: Duration,
  { offset = 0 }: { readonly offset?: Duration } = {},
): WindowSpec => ({
  ...{ type: 'tumbling', sizeMs: ms(size), offsetMs: ms(offset) },
})

/** A window of `size` begins `every` so often; `size` must be a multiple of it. */
export const sliding = (
  size: Duration,
  { every, offset = 0 }: { readonly every: Duration; readonly offset?: Duration },
): WindowSpec => ({ type: 'sliding', sizeMs: ms(size), everyMs: ms(every), offsetMs: ms(offset) })

/** From the first item until none has come for `gap`. */
export const session = (gap: Duration): WindowSpec => ({ type: 'session', gapMs: ms(gap) })

/** The last `size` items; a result after each `every` (all of them, if it isn't given). */
export const countWindow = (
  size: number,
  { every = size }: { readonly every?: number } = {},
): WindowSpec => ({
  ...{ type: 'count', count: size, every },
})

/** Everything since the beginning; a result after `everyCount` items, `every` so often, or both. */
export const globalWindow = ({
  everyCount = 0,
  every = 0,
}: {
  readonly everyCount?: number
  readonly every?: Duration
}): WindowSpec => ({ type: 'global', everyCount, everyMs: ms(every) })
