import { expect } from 'vitest'
import type { AggregateSpec } from '../../../src/pipelines/definition/aggregate-spec.ts'
import type { KeyedRows } from '../../../src/pipelines/runtime/keyed-rows.ts'
import { PipelineState } from '../../../src/pipelines/state/pipeline-state.ts'
import type { WindowAggregate } from '../../../src/pipelines/windows/accumulators.ts'
import type { WindowOperator, WindowResult } from '../../../src/pipelines/windows/window-operator.ts'
import { mustBe } from '../../same.ts'

export interface Row {
  readonly key: number
  readonly time: number
  readonly value: number
}

const of = (spec: Partial<AggregateSpec> & { type: string }): WindowAggregate => ({
  spec: { input: 'value', metric: undefined, ...spec } as AggregateSpec,
  columns: [0],
})

export const AGGREGATES = [
  of({ type: 'count' }),
  of({ type: 'sum' }),
  of({ type: 'min' }),
  of({ type: 'max' }),
  of({ type: 'first' }),
  of({ type: 'last' }),
  of({ type: 'distinct' }),
  of({ type: 'quantile', q: 0.9 }),
]

/** Those of them that need no blocks behind their words: the first ones in the list. */
export const SMALL_AGGREGATES = AGGREGATES.slice(0, 6)

/** The same, the plain way. */
export function plainValues(rows: readonly Row[]): number[] {
  const values = rows.map(({ value }) => value).sort((a, b) => a - b)
  const inTime = [...rows].sort((a, b) => a.time - b.time || a.value - b.value)
  return [
    values.length,
    values.reduce((sum, value) => sum + value, 0),
    values[0],
    values[values.length - 1],
    inTime[0].value,
    inTime[inTime.length - 1].value,
    new Set(values).size,
    values[Math.floor(0.9 * (values.length - 1))],
  ]
}

export interface Given {
  readonly key: number
  readonly start: number
  readonly end: number
  readonly revision: number
  readonly early: boolean
  readonly values: readonly number[]
}

export const given = ({ low, start, end, revision, early, values, text }: WindowResult): Given => {
  mustBe(text, `group ${low}`, 'text of the key')
  return { key: low, start, end, revision, early, values: values as number[] }
}

const order = (a: Given, b: Given): number =>
  a.end - b.end || a.key - b.key || a.start - b.start || a.revision - b.revision

/** Equal but for rounding in sums and the bins of quantiles. */
export function expectSame(found: readonly Given[], expected: readonly Given[]): void {
  const [a, b] = [[...found].sort(order), [...expected].sort(order)]
  const heads = (all: Given[]) =>
    all.map(({ key, start, end, revision, early }) => [key, start, end, revision, early].join())
  expect(heads(a)).toEqual(heads(b))
  a.forEach(({ values }, i) => {
    const wrong = values.findIndex(
      (value, j) => Math.abs(value - b[i].values[j]) > 0.004 * Math.abs(b[i].values[j]) + 1e-9,
    )
    if (wrong !== -1) expect.fail(`${JSON.stringify(a[i])} is not ${JSON.stringify(b[i])}`)
  })
}

export function keyedRows(rows: readonly Row[]): KeyedRows {
  return {
    count: rows.length,
    keyLow: Uint32Array.from(rows, ({ key }) => key),
    // keys that are small numbers are found in another way
    keyHigh: Uint32Array.from(rows, ({ key }) => (key % 3 === 0 ? 0 : 7)),
    keyText: rows.map(({ key }) => `group ${key}`),
    time: Float64Array.from(rows, ({ time }) => time),
    inputs: [Float64Array.from(rows, ({ value }) => value)],
    row: new Int16Array(rows.length).fill(-1),
  }
}

export interface StreamOptions {
  readonly slices: number
  readonly keys: number
  /** How far times go back and forth. */
  readonly disorderMs: number
  /** Share of rows that are far behind. */
  readonly lateShare: number
  readonly paceMs: number
}

/** Slices of rows that come about in order, with repeated values and times. */
export function* stream(random: () => number, options: StreamOptions): Generator<Row[]> {
  let now = 10_000
  for (let i = 0; i < options.slices; i++) {
    const rows: Row[] = []
    for (let n = Math.floor(random() * 40); n >= 0; n--) {
      now += random() * options.paceMs
      const back = random() < options.lateShare ? 10 * options.disorderMs : options.disorderMs
      const time = Math.floor(now - random() * back)
      rows.push({
        key: Math.floor(random() ** 2 * options.keys),
        time,
        value: Math.floor(random() * 50) - 10,
      })
    }
    if (random() < 0.05) now += 20 * options.disorderMs
    yield rows
  }
}

const REQUEST = { bytes: 64 * 4 * 1024 * 1024, whenFull: 'refuse-new', layout: 'window' } as const
class Death extends Error {}

/** A window over one shard, whose worker may die at any step; who comes next finds the buffer and nothing else. */
export class Rig {
  readonly results: Given[] = []
  readonly late: Row[] = []
  readonly #buffer = PipelineState.reserve(REQUEST).buffer
  readonly #make: () => WindowOperator
  readonly #dies: () => boolean
  #state = PipelineState.open(this.#buffer, REQUEST).part(0)
  #window: WindowOperator

  constructor(make: () => WindowOperator, dies: () => boolean = () => false) {
    this.#make = make
    this.#dies = dies
    this.#window = make()
  }

  get usedBytes(): number {
    return PipelineState.open(this.#buffer, REQUEST).figures().usedBytes
  }

  take(rows: readonly Row[], watermark: number): void {
    for (;;) {
      const late: Row[] = []
      this.#state.begin()
      this.#window.take({ shard: 0, state: this.#state, watermark }, keyedRows(rows), (i) =>
        late.push(rows[i]),
      )
      if (this.#dies()) {
        this.#inherit()
        continue
      }
      this.#state.commit()
      this.late.push(...late)
      return
    }
  }

  /** In a transaction of its own for each result, or for a few. */
  advance(watermark: number, limit?: number): void {
    for (;;) {
      const isOpen = limit !== undefined && this.#state.begin()
      try {
        const scope = { shard: 0, state: this.#state, watermark }
        const fired: Given[] = []
        const fire = (result: WindowResult): void => {
          if (this.#dies()) throw new Death()
          if (isOpen) fired.push(given(result))
          else this.results.push(given(result))
        }
        const done = this.#window.advance(scope, fire, limit)
        if (isOpen && this.#dies()) throw new Death()
        if (isOpen) this.#state.commit()
        this.results.push(...fired)
        if (done) return
      } catch (cause) {
        if (!(cause instanceof Death)) throw cause
        this.#inherit()
      }
    }
  }

  #inherit(): void {
    this.#state = PipelineState.open(this.#buffer, REQUEST).part(0)
    this.#state.rollback()
    this.#window = this.#make()
  }
}
