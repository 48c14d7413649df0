import { EVENT_BYTES, TRACK_COUNT, TRACK_CRITICAL, TRACK_EVENTS } from '../../memory/layout/lanes.layout.ts'
import { READING_BYTES } from '../../memory/layout/reading.layout.ts'
import { SHARD_COUNT } from '../../memory/layout/series.layout.ts'
import { type BlockPool, Lane } from './lane.ts'
import type { Series } from './series-table.ts'

/** A reading as it waits in a lane. */
export interface RoutedReading {
  readonly series: Series
  readonly time: number
  readonly value: number
  readonly lat: number
  readonly lon: number
  readonly region: number
  /** Ticks after its block's base. */
  readonly stamp: number
  /** Scaled and saturated. */
  readonly score: number
}

export interface AnomalyEvent {
  readonly series: Series
  readonly time: number
  readonly value: number
  readonly score: number
  readonly receivedMs: number
  readonly mean: number
  readonly deviation: number
  readonly region: number
  readonly tier: number
  readonly phase: number
  readonly lat: number
  readonly lon: number
}

/** All lanes: for each shard one of anomaly events and one per tier. */
export class Lanes {
  readonly events: readonly Lane<AnomalyEvent>[]
  /** By tier, then by shard. */
  readonly readings: readonly (readonly Lane<RoutedReading>[])[]

  constructor(pool: BlockPool) {
    const lanes = <Entry>(track: number, entryBytes: number): Lane<Entry>[] =>
      Array.from({ length: SHARD_COUNT }, (_, shard) => new Lane<Entry>(track, shard, entryBytes, pool))
    this.events = lanes(TRACK_EVENTS, EVENT_BYTES)
    this.readings = Array.from({ length: TRACK_COUNT - TRACK_CRITICAL }, (_, tier) =>
      lanes(tier + TRACK_CRITICAL, READING_BYTES),
    )
  }

  at(track: number, shard: number): Lane<RoutedReading> | Lane<AnomalyEvent> {
    return track === TRACK_EVENTS ? this.events[shard] : this.readings[track - TRACK_CRITICAL][shard]
  }

  track(track: number): readonly (Lane<RoutedReading> | Lane<AnomalyEvent>)[] {
    return track === TRACK_EVENTS ? this.events : this.readings[track - TRACK_CRITICAL]
  }

  /** Do events or critical readings wait? */
  isUrgentReady(): boolean {
    return [TRACK_EVENTS, TRACK_CRITICAL].some((track) => this.track(track).some(({ isReady }) => isReady))
  }

  /** Twin of asm/census.ts: entries that wait in a track, shown to workers or not. */
  census(track: number): number {
    return this.track(track).reduce((total, lane) => total + lane.waiting().length, 0)
  }
}
