import { MillraceError } from '../../core/errors.ts'
import type { CompiledWindow } from '../compiler/compiled-pipeline.ts'
import type { Lookup } from '../definition/outside.ts'
import type { CombinedWindow } from '../windows/combined-window.ts'
import { makeCombinedWindow, makeWindow } from '../windows/make-window.ts'
import type { WindowOperator, WindowResult } from '../windows/window-operator.ts'
import type { CombinedDoor } from './combined-door.ts'
import { copyRows, type KeyedRows } from './keyed-rows.ts'
import { COMBINED, type Envelope, type ShardScope } from './operator.ts'

/** Rows that wait to be taken in, and the items that they came from where these are not the block's. */
interface Shown {
  readonly rows: KeyedRows
  readonly envelopes: readonly Envelope[] | undefined
}

/** Which row of the block, or which item, came too late. */
export type Late = number | Envelope

export interface WindowStageParts {
  /** Number of the stage in the state. */
  readonly node: number
  readonly lookup: Lookup
  readonly door: CombinedDoor
  /** While it says so, no results are given before the end; never, where nothing is said. */
  readonly areEarlyLeftOut?: (() => boolean) | undefined
}

/** A window between the stages before it, fused or not, and those behind it. */
export class WindowStage {
  readonly #compiled: CompiledWindow
  readonly #parts: WindowStageParts
  /** Of groups within a shard, or of all shards. */
  readonly #single: WindowOperator | undefined
  readonly #combined: CombinedWindow | undefined
  #shown: Shown[] = []
  /** Items in the compiled window's own rows. */
  #envelopes: Envelope[] = []

  constructor(compiled: CompiledWindow, parts: WindowStageParts) {
    const { id, window, aggregates, allowedLatenessMs, earlyEveryMs } = compiled.node
    const options = {
      ...{ node: parts.node, window, allowedLatenessMs, earlyEveryMs },
      areEarlyLeftOut: parts.areEarlyLeftOut,
      aggregates: Object.entries(aggregates).map(([name, spec]) => ({
        spec,
        columns: compiled.inputs[name],
      })),
    }
    this.#compiled = compiled
    this.#parts = parts
    this.#single = compiled.isCombined ? undefined : makeWindow(options)
    this.#combined = compiled.isCombined ? makeCombinedWindow(options) : undefined
    if (this.#single === undefined && this.#combined === undefined)
      throw new MillraceError(
        'pipeline-failed',
        `${id}: a ${window.type} window over groups of many devices is not allowed; allowed: tumbling and sliding ones, ` +
          'or a key with the device in it',
      )
  }

  get isCombined(): boolean {
    return this.#combined !== undefined
  }

  /** Rows of the block, to be taken in when the slice has been shown to all. */
  show(rows: KeyedRows): void {
    if (rows.count > 0) this.#shown.push({ rows, envelopes: undefined })
  }

  /** An item, likewise. Throws what the functions of its key and inputs throw. */
  add(envelope: Envelope): void {
    if (!this.#compiled.take(envelope)) {
      this.#shown.push({ rows: copyRows(this.#compiled.rows), envelopes: this.#envelopes })
      this.#forgetItems()
      this.#compiled.take(envelope)
    }
    this.#envelopes.push(envelope)
  }

  /** Phase B: takes in what was shown; returns what came too late. */
  takeIn(scope: ShardScope): readonly Late[] {
    if (this.#envelopes.length > 0)
      this.#shown.push({ rows: this.#compiled.rows, envelopes: this.#envelopes })
    if (this.#shown.length === 0) return NONE
    const late: Late[] = []
    for (const { rows, envelopes } of this.#shown)
      this.#take(scope, rows, (row) => late.push(envelopes === undefined ? rows.row[row] : envelopes[row]))
    this.#shown = []
    this.#forgetItems()
    return late
  }

  /** What was shown is not to be taken in: the slice will be shown again. */
  forget(): void {
    this.#shown = []
    this.#forgetItems()
  }

  /**
   * Phase C, within a shard; for groups of all shards, in COMBINED. In the open transaction; false: there are more results
   * for the next one, of which `limit` are given in each.
   */
  advance(scope: ShardScope, fire: (result: WindowResult) => void, limit: number): boolean {
    const operator = scope.shard === COMBINED ? this.#combined : this.#single
    return operator === undefined || operator.advance(scope, fire, limit)
  }

  /** Hands over what the shard holds of groups of all shards; both parts are claimed. How many rows came too late for that. */
  handOver(scope: ShardScope, combined: ShardScope): number {
    let late = 0
    const onLate = (rows: number): void => void (late += rows)
    while (this.#combined !== undefined && !this.#combined.handOver(scope, combined, onLate));
    return late
  }

  envelopeOf(result: WindowResult): Envelope {
    return this.#compiled.result(result, result, result.values, this.#parts.lookup)
  }

  #take(scope: ShardScope, rows: KeyedRows, onLate: (row: number) => void): void {
    this.#single?.take(scope, rows, onLate)
    if (this.#combined === undefined) return
    const watermark = this.#parts.door.handedOver(scope.shard)
    this.#combined.take({ ...scope, watermark }, rows, onLate)
  }

  #forgetItems(): void {
    this.#envelopes = []
    this.#compiled.rows.count = 0
  }
}

const NONE: readonly Late[] = []
