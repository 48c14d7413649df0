/**
 * What an alert costs the main thread: raising many at once (a cascade), adding readings to open ones, the same with a
 * thousand silences and a rule by which one speaks for all the others, and listing the latest. Beside it a plain map from
 * series to an object, or a sort of all of them for the list. The checks are the alerts open.
 */
import { AlertBook } from '../src/alerts/alert-book.ts'
import { AlertDesk } from '../src/alerts/alert-desk.ts'
import type { Raise } from '../src/alerts/alert-values.ts'
import { parseMatchers } from '../src/alerts/matcher.ts'
import { systemClock } from '../src/core/clock.ts'
import { type BenchCase, benchCase, type BenchResult, benchResult, timed } from './bench.ts'

export interface Size {
  readonly alerts: number
  readonly silences: number
}

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: { alerts: 2000, silences: 50 },
  full: { alerts: 100_000, silences: 1000 },
}

const PLAIN = 'a map from series to an object'
const LISTS = 20
const HOUR_MS = 3_600_000

export async function run({ alerts, silences }: Size): Promise<BenchResult> {
  const plain = new Map<bigint, { count: number; latest: Raise }>()
  const plainly = (raise: Raise): void => {
    const open = plain.get(raise.series)
    plain.set(raise.series, { count: (open?.count ?? 0) + 1, latest: raise })
  }
  const raises = Array.from({ length: alerts }, (_, i) => raiseOf(i))
  const perSecond = (act: (raise: Raise) => void): number =>
    Math.round((alerts * 1000) / timed(() => raises.forEach(act)))
  const plainNew = { name: PLAIN, value: perSecond(plainly) }
  const plainAgain = { name: PLAIN, value: perSecond(plainly) }
  const bare = open(alerts, 0)
  const busy = open(alerts, silences)
  const rate = (name: string, book: AlertBook, beside: typeof plainNew): BenchCase =>
    benchCase(
      name,
      'alerts/s',
      perSecond((raise) => void book.raise(raise)),
      beside,
      book.counts.open,
    )
  return benchResult([
    rate(`raise ${alerts}`, bare, plainNew),
    rate('raise each again', bare, plainAgain),
    rate(`raise ${alerts}, ${silences} silences, inhibited`, busy, plainNew),
    rate('raise each again, silenced and inhibited', busy, plainAgain),
    listing(bare),
    rateOfClearing(bare, raises, plain),
  ])
}

function open(alerts: number, silences: number): AlertBook {
  const clock = systemClock()
  const inhibitions =
    silences === 0
      ? []
      : [
          {
            source: parseMatchers(['rule="gateway-down"'], 'source'),
            target: parseMatchers(['rule="anomaly"'], 'target'),
            equal: ['region'],
          },
        ]
  const book = new AlertBook({
    ...{ clock, maxOpen: alerts + 1, history: 1000 },
    device: (id) => ({ name: `device-${id}`, tier: 'standard', tenant: `tenant-${id % 50}` }),
    metricName: () => 'temperature',
    lifeCycle: {
      ...{ inhibitions, escalations: [], maxMutes: silences + 1 },
      flapping: { changes: 6, calmChanges: 2, withinMs: 600_000 },
    },
  })
  const desk = new AlertDesk(book, clock)
  const endsAt = clock.epochMs() + HOUR_MS
  for (let i = 0; i < silences; i++) {
    const matchers = [`device="device-${i * 7}"`, 'severity=~"high|critical"']
    desk.silence({ matchers, endsAt, by: 'bench', comment: '' })
  }
  if (silences > 0) book.raise({ ...raiseOf(alerts), rule: 'gateway-down' })
  return book
}

const raiseOf = (i: number): Raise => ({
  ...{ rule: 'anomaly', series: (BigInt(i + 1) << 16n) | 3n, region: `region-${i % 6}`, severity: 'high' },
  ...{ message: '90 is 7.0 standard deviations above the mean 20', time: 1_700_000_000_000 + i },
  ...{ value: 90, score: 7, mean: 20, deviation: 10 },
})

/** The latest hundred; sorting all of them is what there was before. */
function listing(book: AlertBook): BenchCase {
  const all = book.open()
  const sort = timed(() => {
    for (let i = 0; i < LISTS; i++) all.toSorted((a, b) => b.updatedAt - a.updatedAt).slice(0, 100)
  })
  let found = 0
  const own = timed(() => {
    for (let i = 0; i < LISTS; i++) found += book.recent(100).length
  })
  return benchCase(
    'list the latest 100',
    'ms',
    own / LISTS,
    { name: 'sort all', value: sort / LISTS },
    found / LISTS,
  )
}

function rateOfClearing(book: AlertBook, raises: readonly Raise[], plain: Map<bigint, unknown>): BenchCase {
  const perSecond = (ms: number): number => Math.round((raises.length * 1000) / ms)
  const beside = perSecond(timed(() => raises.forEach(({ series }) => plain.delete(series))))
  const own = perSecond(timed(() => raises.forEach((raise) => void book.clear(raise))))
  return benchCase('clear each', 'alerts/s', own, { name: PLAIN, value: beside }, book.counts.open)
}
