/** What goes wrong under a seed: which faults happen, when, and how bad. Times are since the start of the scenario. */
import type { Random } from '../../core/random.ts'
import { chanceOf } from '../chance.ts'
import type { FaultOptions } from '../scenario/world-options.ts'
import type { Scenario } from '../scenario/scenario-options.ts'
import type { Span } from '../scenario/values.ts'
import { draw } from '../traffic/shapes.ts'

const SOURCE = 11

interface Period {
  readonly pool: string
  readonly from: number
  readonly until: number
}

export interface Crash {
  readonly pool: string
  readonly at: number
  readonly units: number
}

export interface Outage {
  /** Undefined = all. */
  readonly region: string | undefined
  readonly from: number
  readonly until: number
  readonly isNoticed: boolean
  readonly keeps: number
  readonly over: number
}

export class Faults {
  readonly crashes: readonly Crash[]
  readonly outages: readonly Outage[]
  readonly #down: readonly Period[]
  readonly #api: readonly (Period & { readonly slowMs: number | undefined })[]
  readonly #partial: readonly (Period & { readonly most: number })[]
  readonly #slow: readonly (Period & { readonly times: number })[]

  constructor({ faults, pools }: Pick<Scenario, 'faults' | 'pools'>, seed: number) {
    // drawn for all of them, so that one that does not happen changes nothing of the others
    const drawn = faults.flatMap((fault, index) => {
      const random = chanceOf(seed, SOURCE, index)
      return random() < fault.chance ? [{ fault, random }] : []
    })
    const first = pools[0].name
    const of = <T>(read: (fault: FaultOptions, random: Random) => T | undefined): T[] =>
      drawn.flatMap(({ fault, random }) => read(fault, random) ?? [])
    const period = (given: { pool?: string | undefined; at: Span; for: Span }, random: Random): Period => {
      const from = draw(given.at, random)
      return { pool: given.pool ?? first, from, until: from + draw(given.for, random) }
    }
    this.crashes = of(
      ({ crash }, random) =>
        crash && {
          pool: crash.pool ?? first,
          at: draw(crash.at, random),
          units: Math.round(draw(crash.units, random)),
        },
    ).sort((a, b) => a.at - b.at)
    this.#down = of(({ down }, random) => down && period(down, random))
    this.#api = of(({ api }, random) => api && { ...period(api, random), slowMs: api.slow })
    this.#partial = of(({ partial }, random) => partial && { ...period(partial, random), most: partial.most })
    this.#slow = of(
      ({ slow }, random) => slow && { ...period(slow, random), times: draw(slow.times, random) },
    )
    this.outages = of(({ outage }, random) => outage && { ...outageOf(outage, random) })
  }

  isDown(pool: string, sinceMs: number): boolean {
    return this.#down.some((one) => isIn(one, pool, sinceMs))
  }

  /** When a pool went down that is down now. */
  downSince(pool: string, sinceMs: number): number | undefined {
    return this.#down.find((one) => isIn(one, pool, sinceMs))?.from
  }

  /** 'down', or the milliseconds that a request takes in addition. */
  apiAt(pool: string, sinceMs: number): 'down' | number {
    if (this.#api.length === 0) return 0
    const now = this.#api.filter((one) => isIn(one, pool, sinceMs))
    if (now.some(({ slowMs }) => slowMs === undefined)) return 'down'
    return now.reduce((sum, { slowMs = 0 }) => sum + slowMs, 0)
  }

  mostUnits(pool: string, sinceMs: number): number {
    if (this.#partial.length === 0) return Infinity
    const most = this.#partial.filter((one) => isIn(one, pool, sinceMs)).map((one) => one.most)
    return Math.min(Infinity, ...most)
  }

  /** Factor on the service rate. */
  speed(pool: string, sinceMs: number): number {
    if (this.#slow.length === 0) return 1
    return this.#slow
      .filter((one) => isIn(one, pool, sinceMs))
      .reduce((product, { times }) => product * times, 1)
  }

  /** Names of what is going on, for the timeline. */
  activeAt(sinceMs: number): string[] {
    const during = (name: string, periods: readonly { from: number; until: number }[]): string[] =>
      periods.some(({ from, until }) => from <= sinceMs && sinceMs < until) ? [name] : []
    return [
      ...during('down', this.#down),
      ...during('api', this.#api),
      ...during('partial', this.#partial),
      ...during('slow', this.#slow),
      ...during('outage', this.outages),
    ]
  }
}

const isIn = ({ pool, from, until }: Period, name: string, sinceMs: number): boolean =>
  pool === name && from <= sinceMs && sinceMs < until

function outageOf(given: NonNullable<FaultOptions['outage']>, random: Random): Outage {
  const from = draw(given.at, random)
  const { region, noticed: isNoticed, keeps, over } = given
  return { region, from, until: from + draw(given.for, random), isNoticed, keeps, over }
}
