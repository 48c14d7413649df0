/** A job as people write it, made complete. */
import { MillraceError } from '../../core/errors.ts'
import { DeviceSelector } from '../../reservations/device-selector.ts'
import type { MaintenanceSpec } from '../../reservations/maintenance.ts'
import { Recurrence } from '../../reservations/recurrence.ts'
import { isTimeZone, momentOf } from '../../reservations/zoned-time.ts'
import { type MaintenanceJobOptions, shareOf } from '../config/options/maintenance.ts'

/** Throws bad-request for what can't be said by a schema: times, zones, rules, terms. */
export function specOf(job: MaintenanceJobOptions): MaintenanceSpec {
  const { name, kind, timeZone, rrule, use, devices, resources, dependsOn, hook, missed, holdAlerts } = job
  const { rollout, abort, retry } = job
  const spec: MaintenanceSpec = {
    ...{ name, kind, startsAt: startOf(job), timeZone, rrule, durationMs: job.duration },
    ...{ capacity: capacityOf(job.capacity), use, leadMs: job.lead },
    ...{ devices, resources, dependsOn, hook, missed, holdAlerts },
    rollout: { wave: waveOf(rollout.wave), growth: rollout.growth, pauseMs: rollout.pause },
    abort: abort && { share: shareOf(abort.failed)!, minExecuted: abort.after },
    drainMs: job.drain,
    timeoutMs: job.timeout,
    unreported: job.unreported ?? (hook === '' ? 'SUCCEEDED' : 'TIMED_OUT'),
    retry: { limit: retry.limit, firstMs: retry.first, maxMs: retry.max },
  }
  // both say what is wrong
  new Recurrence(spec)
  new DeviceSelector(devices)
  return spec
}

function startOf({ starts, timeZone }: MaintenanceJobOptions): number {
  if (!isTimeZone(timeZone))
    throw new MillraceError(
      'bad-request',
      `timeZone: there is no ${JSON.stringify(timeZone)}; allowed: IANA names`,
    )
  const at = momentOf(starts, timeZone)
  if (at !== undefined) return at
  const allowed = 'allowed: a time such as 2027-01-31T02:30 or 2027-01-31T02:30:00Z'
  throw new MillraceError('bad-request', `starts: ${JSON.stringify(starts)} is not allowed; ${allowed}`)
}

function capacityOf(given: number | string): MaintenanceSpec['capacity'] {
  const share = shareOf(given)
  return share === undefined ? { units: Number(given) } : { share }
}

function waveOf(given: number | string): MaintenanceSpec['rollout']['wave'] {
  const share = shareOf(given)
  return share === undefined ? { devices: Number(given) } : { share }
}
