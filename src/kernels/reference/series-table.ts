import { MAX_PROBES, SHARD_COUNT } from '../../memory/layout/series.layout.ts'
import { homeSlot, shardOf } from './hash.ts'
import { newStatistics, type Statistics } from './score.ts'
import { newWindow, type Window } from './windows.ts'

/** A series with its statistics, its device's properties as last looked up, and its window. */
export interface Series {
  readonly key: bigint
  readonly shard: number
  readonly slot: number
  statistics: Statistics
  epoch: number
  tier: number
  home: number
  /** Tier of the lane its last reading went to. */
  laneTier: number | undefined
  /** Region of its last reading. */
  region: number
  readonly window: Window
}

/** Twin of asm/series-table.ts: a table of `slots` for each shard, searched slot by slot from a series' home on. */
export class SeriesTable {
  size = 0
  readonly #shards: (Series | undefined)[][]

  constructor(slots: number) {
    this.#shards = Array.from({ length: SHARD_COUNT }, () => Array<undefined>(slots).fill(undefined))
  }

  find(key: bigint): Series | undefined {
    const slot = this.#probe(key)
    return slot === undefined ? undefined : this.#shards[shardOf(key)][slot]
  }

  /** Takes a row for a series that has none; undefined when the table is full where it could be. */
  take(key: bigint): Series | undefined {
    const slot = this.#probe(key)
    if (slot === undefined) return undefined
    const shard = shardOf(key)
    const series: Series = {
      ...{ key, shard, slot, statistics: newStatistics(), window: newWindow() },
      ...{ epoch: 0xffffffff, tier: 0, home: 0, laneTier: undefined, region: 0 },
    }
    this.#shards[shard][slot] = series
    this.size++
    return series
  }

  *[Symbol.iterator](): Generator<Series> {
    for (const shard of this.#shards) for (const series of shard) if (series !== undefined) yield series
  }

  /** The slot of the key, or a free one for it. */
  #probe(key: bigint): number | undefined {
    const rows = this.#shards[shardOf(key)]
    const home = homeSlot(key, rows.length)
    for (let i = 0; i < Math.min(MAX_PROBES, rows.length); i++) {
      const slot = (home + i) % rows.length
      if (rows[slot] === undefined || rows[slot].key === key) return slot
    }
    return undefined
  }
}
