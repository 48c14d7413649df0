/** What happened when, in rows of equal length: rates are means, latencies and backlogs the most of a row. */
import { type Tier, TIERS } from '../../core/tiers.ts'
import { Latencies } from '../world/latencies.ts'
import type { PoolWorld } from '../world/pool-world.ts'
import { TRACK_COUNT, trackOf } from '../words.ts'
import { readingsOf } from './measures.ts'

/** One row of one pool. */
export interface TimelineRow {
  /** Milliseconds since the epoch, and since the start. */
  readonly at: number
  readonly sinceMs: number
  /** Readings per second. */
  readonly demand: number
  readonly refused: number
  readonly capacity: number
  /** As it was forecast for this time, the lead time before; NaN = nothing was. */
  readonly forecast: number
  readonly forecastUpper: number
  readonly desired: number
  readonly ready: number
  readonly paid: number
  readonly held: number
  readonly backlog: number
  /** How many rungs down the ladder of degraded mode, at most. */
  readonly rung: number
  /** Milliseconds; NaN = none was done. */
  readonly p99: Readonly<Record<Tier, number>>
  readonly events: readonly string[]
}

interface Open {
  demand: number
  refused: number
  work: number
  backlog: number
  rung: number
  readonly events: Set<string>
}

export interface Seen {
  readonly held: number
  readonly rung: number
  readonly events: readonly string[]
}

/** Forecasts by the second that they were made for: the time that they are asked for is whole seconds ahead. */
interface Foretold {
  readonly forMs: number
  readonly expected: number
  readonly upper: number
}

export class Timeline {
  readonly rows: TimelineRow[] = []
  readonly #startMs: number
  readonly #rowMs: number
  readonly #latencies = Array.from({ length: TRACK_COUNT }, () => new Latencies())
  #foretold: Foretold[] = []
  #open = fresh()
  #openSince = 0

  constructor(startMs: number, rowMs: number) {
    this.#startMs = startMs
    this.#rowMs = rowMs
  }

  readonly waited = (track: number, amount: number, ms: number): void =>
    this.#latencies[track].add(amount, ms)

  /** The highest demand of the time until `forMs` after the start. */
  foretell(forMs: number, expected: number, upper: number): void {
    this.#foretold.push({ forMs, expected, upper })
  }

  step(pool: PoolWorld, seen: Seen, sinceMs: number, ms: number): void {
    const open = this.#open
    open.demand += readingsOf(pool.last.fresh)
    open.refused += readingsOf(pool.last.refused)
    open.work += pool.last.work
    open.backlog = Math.max(open.backlog, pool.tracks.backlog)
    open.rung = Math.max(open.rung, seen.rung)
    for (const event of seen.events) open.events.add(event)
    if (sinceMs + ms >= this.#openSince + this.#rowMs) this.#close(pool, seen, sinceMs + ms)
  }

  #close({ capacity }: PoolWorld, { held }: Seen, untilMs: number): void {
    const { demand, refused, work, backlog, rung, events } = this.#open
    const seconds = (untilMs - this.#openSince) / 1000
    const foretold = this.#foretoldBy(untilMs)
    this.rows.push({
      ...{ at: this.#startMs + this.#openSince, sinceMs: this.#openSince },
      ...{ demand: demand / seconds, refused: refused / seconds, capacity: work / seconds },
      ...{ forecast: foretold?.expected ?? NaN, forecastUpper: foretold?.upper ?? NaN },
      ...{ desired: capacity.desired, ready: capacity.ready, paid: capacity.ready + capacity.starting },
      ...{ held, backlog, rung, events: [...events], p99: this.#p99() },
    })
    this.#open = fresh()
    this.#openSince = untilMs
  }

  #foretoldBy(untilMs: number): Foretold | undefined {
    const past = this.#foretold.filter(({ forMs }) => forMs <= untilMs)
    this.#foretold = this.#foretold.slice(past.length)
    return past.at(-1)
  }

  #p99(): Record<Tier, number> {
    const p99 = TIERS.map((tier, index) => [tier, this.#latencies[trackOf(index)].quantile(0.99)] as const)
    for (const latencies of this.#latencies) latencies.clear()
    return Object.fromEntries(p99) as Record<Tier, number>
  }
}

const fresh = (): Open => ({ demand: 0, refused: 0, work: 0, backlog: 0, rung: 0, events: new Set() })

const COLUMNS = [
  'at',
  'demand',
  'refused',
  'capacity',
  'forecast',
  'forecastUpper',
  'desired',
  'ready',
  'paid',
  'held',
  'backlog',
  'rung',
] as const

/** Comma-separated, with a heading. Cells of what is not known are empty. */
export function timelineCsv(
  pools: readonly { readonly name: string; readonly rows: readonly TimelineRow[] }[],
): string {
  const heading = ['pool', ...COLUMNS, ...TIERS.map((tier) => `p99_${tier}`), 'events'].join(',')
  const cell = (value: number): string => (Number.isNaN(value) ? '' : String(Math.round(value * 1000) / 1000))
  const lines = pools.flatMap(({ name, rows }) =>
    rows.map((row) =>
      [
        name,
        new Date(row.at).toISOString(),
        ...COLUMNS.slice(1).map((column) => cell(row[column])),
        ...TIERS.map((tier) => cell(row.p99[tier])),
        row.events.join(' '),
      ].join(','),
    ),
  )
  return `${[heading, ...lines].join('\n')}\n`
}
