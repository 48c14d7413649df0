/** A book on virtual time, with nothing configured but what a test asks for. */
import { AlertBook, type AlertBookOptions } from '../../src/alerts/alert-book.ts'
import { AlertDesk } from '../../src/alerts/alert-desk.ts'
import type { Raise } from '../../src/alerts/alert-values.ts'
import { lifeCycleOf } from '../../src/engine/alert-options.ts'
import { alertsOptions } from '../../src/engine/config/options/alerts.ts'
import type { ConfigInput } from '../../src/engine/config/schema.ts'
import { seriesKey } from '../../src/core/ids.ts'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'

export const PUMP = 0xabc
export const MINUTE = 60_000

export const raise = (over: Partial<Raise> = {}): Raise => ({
  rule: 'anomaly',
  series: seriesKey(PUMP, 2),
  region: 'eu',
  severity: 'medium',
  message: 'far out',
  time: 1000,
  value: 90,
  score: -7,
  ...over,
})

export function openBook(
  alerts: ConfigInput['alerts'] = { flapping: { changes: 0 } },
  over: Partial<AlertBookOptions> = {},
) {
  const clock = new VirtualClock()
  const book = new AlertBook({
    clock,
    maxOpen: 10,
    history: 3,
    device: (id) => (id === PUMP ? { name: 'pump-7', tier: 'premium', tenant: 'acme' } : undefined),
    metricName: (id) => (id === 2 ? 'temperature' : undefined),
    lifeCycle: lifeCycleOf(alertsOptions.parse(alerts)),
    ...over,
  })
  const told: string[] = []
  book.subscribe(({ device, key, suppressedBy }, change) =>
    told.push([change, device || key, ...suppressedBy].join(' ')),
  )
  /** Lets time pass as in an engine. */
  const pass = (ms: number): void => {
    clock.advance(ms)
    book.advance()
  }
  /** What was told since the last time. */
  const news = (): string[] => told.splice(0)
  return { book, clock, desk: new AlertDesk(book, clock), pass, news }
}
