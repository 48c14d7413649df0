import type { Compute } from './functions.ts'

/** The number an aggregate is over: a field of the item (of a reading `value`), or computed. */
export type InputSpec = string | Compute

/** The input of a `count` of items, whatever is in them. */
export const EVERY_ITEM = '*'

/** Restricts an aggregate to items of one metric, as those of two metrics need it. */
interface Of {
  readonly input: InputSpec
  readonly metric: string | undefined
}

export type AggregateSpec =
  | (Of & {
      readonly type:
        | 'count'
        | 'sum'
        | 'mean'
        | 'variance'
        | 'deviation'
        | 'min'
        | 'max'
        | 'first'
        | 'last'
        | 'range'
        /** (last − first) / seconds between them. */
        | 'rate'
        | 'time-weighted-mean'
        | 'distinct'
        /** Least-squares slope over event time, per second. */
        | 'trend'
    })
  | (Of & { readonly type: 'quantile'; readonly q: number })
  | (Of & { readonly type: 'top'; readonly k: number })
  | (Of & { readonly type: 'histogram'; readonly bounds: readonly number[] })
  | (Of & { readonly type: 'exponential-mean'; readonly halfLifeMs: number })
  /** Of the two inputs of items that come at the same event time (same group), or of one item with both fields. */
  | {
      readonly type: 'correlation' | 'regression'
      readonly x: Of
      readonly y: Of
    }
  /** Devices (of y) with their numbers (x): what `peers` compares. */
  | { readonly type: 'members'; readonly x: Of; readonly y: Of }
  /** The lag at which y is most like x, of means in bins of time. */
  | {
      readonly type: 'lead-lag'
      readonly x: Of
      readonly y: Of
      readonly stepMs: number
      readonly maxLagMs: number
    }
