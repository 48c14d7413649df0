/** What holds for a target of any kind. */
import type { z } from 'zod'
import { flag, whole } from './values.ts'

const DAY_MS = 86_400_000

export const steadyOptions = {
  dryRun: flag('It is only observed: what would be asked for is said and not sent.'),
  timeoutMs: whole(10, 600_000, 10_000, 'A request without an answer for so long has failed.'),
  retries: whole(
    0,
    20,
    4,
    'How often a request that failed for a passing reason is sent again, further and further apart.',
  ),
  backoffMs: whole(
    1,
    60_000,
    500,
    'Wait before the second attempt; doubled with each further one, up to a minute, a random half of it taken off.',
  ),
  minIntervalMs: whole(
    0,
    3_600_000,
    5000,
    'Between two requests for a size; of what is wished meanwhile the newest is sent.',
  ),
  observeEveryMs: whole(
    0,
    3_600_000,
    5000,
    'It is asked what it has no more often than this; between, the last answer counts.',
  ),
  lateAfterMs: whole(
    1000,
    DAY_MS,
    600_000,
    'When it has had less or more than was asked for so long, that is a problem.',
  ),
  unreachableAfter: whole(
    1,
    1000,
    5,
    'Failed requests in a row after which it counts as unreachable; then each call is one attempt.',
  ),
}

export type SteadyOptions = {
  readonly [Name in keyof typeof steadyOptions]: z.output<(typeof steadyOptions)[Name]>
}
