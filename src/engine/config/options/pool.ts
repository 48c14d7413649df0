import { z } from 'zod'
import { MAX_WORKERS } from '../../../core/limits.ts'
import { whole } from './values.ts'

const workers = () => z.int().min(1).max(MAX_WORKERS).optional()

/** The worker threads. What is left out depends on the rest, see complete.ts. */
export const poolOptions = z.strictObject({
  min: whole(1, MAX_WORKERS, 1, 'Fewest workers.'),
  max: workers().meta({
    description: 'Most workers.',
    'x-default': 'the number of cores, at least 2',
  }),
  size: workers().meta({ description: 'Workers at start.', 'x-default': '`pool.min`' }),
  warm: whole(
    0,
    MAX_WORKERS,
    2,
    'Threads beyond those of the workers that are kept loaded, from a second after the start, at about 10 MB each: so many workers more take milliseconds.',
  ),
  idleMs: whole(1000, 86_400_000, 300_000, 'Threads beyond these end when they have been idle for so long.'),
  reserveCritical: z.boolean().default(false).meta({
    description: 'Keep one of two or more workers for critical and premium work.',
  }),
  hangTimeoutMs: whole(100, 600_000, 10_000, 'A worker that makes no progress for so long is replaced.'),
})
