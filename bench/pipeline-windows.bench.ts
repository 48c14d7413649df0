/**
 * Windows over shared state, one shard after the other in slices of 256 rows as a worker does it: tumbling by a few groups,
 * sliding over a million series, quantile and distinct by group. Measured when windows come and go: rounds of the same rows,
 * later by a round's length each, of which the first ones only fill the state. Rates are by seconds of CPU time.
 * Run: `npm run bench -- pipeline-windows [--small]`.
 */
import type { AggregateSpec } from '../src/pipelines/definition/aggregate-spec.ts'
import type { WindowSpec } from '../src/pipelines/definition/window-spec.ts'
import type { KeyedRows } from '../src/pipelines/runtime/keyed-rows.ts'
import { PipelineState } from '../src/pipelines/state/pipeline-state.ts'
import { makeWindow } from '../src/pipelines/windows/make-window.ts'
import { benchCase, benchResult } from './bench.ts'
import type { BenchCase, BenchResult } from './bench.ts'
import { PlainSliding, plainSketches, plainTumbling } from './plain-windows.ts'
import type { PlainWindows } from './plain-windows.ts'

interface Size {
  /** Of a round, by groups. */
  readonly rows: number
  readonly rounds: number
  readonly series: number
}

export const sizes = {
  small: { rows: 20_000, rounds: 2, series: 2_000 },
  full: { rows: 100_000, rounds: 150, series: 1_000_000 },
}

const SLICE = 256
const SHARDS = 64
const spec = (type: string, more: object = {}): AggregateSpec =>
  ({ type, input: 'value', metric: undefined, ...more }) as AggregateSpec

interface Slice {
  readonly rows: KeyedRows
  readonly shard: number
  end: number
}

interface Workload {
  readonly rows: number
  readonly roundMs: number
  readonly shards: number
  readonly keyOf: (i: number) => number
}

const scattered = (i: number): number => Math.imul(i, 0x9e3779b1) >>> 8

/** A round's slices as the shards come by turns. */
class Feed {
  readonly slices: Slice[] = []
  readonly #roundMs: number

  constructor({ rows: count, roundMs, shards, keyOf }: Workload) {
    this.#roundMs = roundMs
    const filling = Array.from({ length: shards }, newRows)
    const end = (rows: KeyedRows, shard: number, time: number): void => {
      this.slices.push({ rows, shard, end: time })
      filling[shard] = newRows()
    }
    for (let i = 0; i < count; i++) {
      const key = keyOf(i)
      const shard = key % shards
      const rows = filling[shard]
      rows.keyLow[rows.count] = key
      rows.time[rows.count] = (i * roundMs) / count
      rows.inputs[0][rows.count++] = (scattered(i) % 1000) / 10
      if (rows.count === SLICE) end(rows, shard, (i * roundMs) / count)
    }
    filling.forEach((rows, shard) => end(rows, shard, roundMs))
  }

  next(): void {
    for (const slice of this.slices) {
      slice.end += this.#roundMs
      for (let i = 0; i < slice.rows.count; i++) slice.rows.time[i] += this.#roundMs
    }
  }
}

const newRows = (): KeyedRows => ({
  ...{ count: 0, keyLow: new Uint32Array(SLICE), keyHigh: new Uint32Array(SLICE), keyText: [] },
  ...{ time: new Float64Array(SLICE), inputs: [new Float64Array(SLICE)], row: new Int16Array(SLICE) },
})

interface Run {
  readonly rowsPerSecond: number
  /** Sum of the first values of all results. */
  readonly check: number
}

/** Shows `rounds` rounds after `before` unmeasured ones to `show`, which returns what results came to. */
function measure(
  work: Workload,
  before: number,
  rounds: number,
  show: (slice: Slice) => number,
  finish: () => number,
): Run {
  const feed = new Feed(work)
  let [micros, check] = [0, 0]
  for (let round = 0; round < before + rounds; round++) {
    const begin = process.cpuUsage()
    for (const slice of feed.slices) check += show(slice)
    const { user, system } = process.cpuUsage(begin)
    if (round >= before) micros += user + system
    feed.next()
  }
  check += finish()
  return { rowsPerSecond: (work.rows * rounds * 1e6) / Math.max(1, micros), check: Math.round(check) }
}

interface Shape {
  readonly window: WindowSpec
  readonly specs: readonly AggregateSpec[]
  readonly bytes: number
}

function runWindow({ window, specs, bytes }: Shape, work: Workload, before: number, rounds: number): Run {
  const aggregates = specs.map((one) => ({ spec: one, columns: [0] }))
  const operator = makeWindow({ node: 0, window, aggregates, allowedLatenessMs: 0, earlyEveryMs: 0 })
  const pipeline = PipelineState.reserve({ bytes, whenFull: 'refuse-new', layout: '' })
  let sum = 0
  const advance = (shard: number, watermark: number): number => {
    sum = 0
    operator.advance({ shard, state: pipeline.part(shard), watermark }, ({ values }) => {
      sum += values[0] as number
    })
    return sum
  }
  const show = ({ rows, shard, end }: Slice): number => {
    const scope = { shard, state: pipeline.part(shard), watermark: -Infinity }
    operator.take(scope, rows, () => (sum = NaN))
    return advance(shard, end)
  }
  const shards = Array.from({ length: SHARDS }, (_, shard) => shard)
  return measure(work, before, rounds, show, () =>
    shards.reduce((total, shard) => total + advance(shard, Infinity), 0),
  )
}

function runPlain(windows: PlainWindows, work: Workload, before: number, rounds: number): Run {
  const show = ({ rows, end }: Slice): number => {
    windows.take(rows)
    return windows.advance(end)
  }
  return measure(work, before, rounds, show, () => windows.advance(Infinity))
}

interface Question {
  readonly name: string
  readonly target: number
  readonly shape: Shape
  readonly work: Workload
  readonly before: number
  readonly rounds: number
}

function compare(
  { name, target, shape, work, before, rounds }: Question,
  plain: { name: string; run: Run },
): BenchCase {
  const { rowsPerSecond, check } = runWindow(shape, work, before, rounds)
  const comparison = { name: plain.name, value: plain.run.rowsPerSecond }
  return benchCase(`${name} (target ${target} M)`, 'rows/s', rowsPerSecond, comparison, check)
}

/** Regions by tiers: 12 groups, a million rows for each second of event time. */
const groups = ({ rows }: Size): Workload => ({
  rows,
  roundMs: rows / 1000,
  shards: 1,
  keyOf: (i) => scattered(i + 1) % 12,
})

const SECOND = { type: 'tumbling', sizeMs: 1000, offsetMs: 0 } as const

function tumbling(size: Size): BenchCase {
  const work = groups(size)
  const question = {
    name: 'tumbling 1 s by 12 groups: count, sum, min, max',
    target: 25,
    shape: {
      window: SECOND,
      specs: ['count', 'sum', 'min', 'max'].map((type) => spec(type)),
      bytes: 2 ** 26,
    },
    ...{ work, before: size.rounds / 2, rounds: size.rounds },
  }
  return compare(question, {
    name: 'Map of objects',
    run: runPlain(plainTumbling(1000), work, size.rounds / 2, size.rounds),
  })
}

/** A reading of each series every 20 s; full after five minutes, measured for three more. */
function sliding({ series }: Size): BenchCase {
  const work = { rows: series, roundMs: 20_000, shards: SHARDS, keyOf: (i: number) => (i * 7919) % series }
  const fewer = { ...work, rows: series / 8, keyOf: (i: number) => (i * 7919) % (series / 8) }
  const question = {
    name: 'sliding 5 min every 1 min by series: max, mean',
    target: 5,
    shape: {
      window: { type: 'sliding', sizeMs: 300_000, everyMs: 60_000, offsetMs: 0 } as const,
      specs: ['max', 'mean'].map((type) => spec(type)),
      bytes: 2 ** 30,
    },
    ...{ work, before: 18, rounds: 9 },
  }
  return compare(question, {
    name: 'aggregated again, an eighth of the series',
    run: runPlain(new PlainSliding(300_000, 60_000), fewer, 18, 9),
  })
}

/**
 * The same with a window's end each second, so that each reading is in twenty results: a twentieth of the series, and of
 * those a tenth for the comparison.
 */
function slidingBySecond({ series }: Size): BenchCase {
  const fewer = (part: number): Workload => {
    const rows = series / part
    return { rows, roundMs: 20_000, shards: SHARDS, keyOf: (i: number) => (i * 7919) % rows }
  }
  const question = {
    name: 'sliding 5 min every 1 s by series, a twentieth of them: max, mean',
    target: 5,
    shape: {
      window: { type: 'sliding', sizeMs: 300_000, everyMs: 1000, offsetMs: 0 } as const,
      specs: ['max', 'mean'].map((type) => spec(type)),
      bytes: 2 ** 30,
    },
    ...{ work: fewer(20), before: 16, rounds: 4 },
  }
  return compare(question, {
    name: 'aggregated again, a tenth of these',
    run: runPlain(new PlainSliding(300_000, 1000), fewer(200), 16, 4),
  })
}

/**
 * The same of a fleet that sends as often as windows end: about one result for each reading. A two-hundredth of the series, as
 * each fills three hundred panes; full after five minutes, measured for half a minute more.
 */
function slidingEachSecond({ series }: Size): BenchCase {
  const few = (part: number): Workload => {
    const rows = series / part
    return { rows, roundMs: 1000, shards: SHARDS, keyOf: (i: number) => (i * 7919) % rows }
  }
  const question = {
    name: 'sliding 5 min every 1 s by series, a reading of each a second: max, mean',
    target: 5,
    shape: {
      window: { type: 'sliding', sizeMs: 300_000, everyMs: 1000, offsetMs: 0 } as const,
      specs: ['max', 'mean'].map((type) => spec(type)),
      bytes: 2 ** 30,
    },
    ...{ work: few(200), before: 310, rounds: 30 },
  }
  return compare(question, {
    name: 'aggregated again, a tenth of these',
    run: runPlain(new PlainSliding(300_000, 1000), few(2000), 310, 30),
  })
}

function sketches(size: Size): BenchCase {
  const work = groups(size)
  const question = {
    name: 'quantile and distinct by 12 groups',
    target: 30,
    shape: {
      window: SECOND,
      specs: [spec('distinct'), spec('quantile', { q: 0.99 })],
      bytes: 2 ** 26,
    },
    ...{ work, before: size.rounds / 2, rounds: size.rounds },
  }
  return compare(question, {
    name: 'DDSketch and Set',
    run: runPlain(plainSketches(1000), work, size.rounds / 2, size.rounds),
  })
}

export async function run(size: Size): Promise<BenchResult> {
  return benchResult([
    tumbling(size),
    sliding(size),
    slidingBySecond(size),
    slidingEachSecond(size),
    sketches(size),
  ])
}
