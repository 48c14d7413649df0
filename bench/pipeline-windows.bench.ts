/**
 * Windows over shared state, one shard after the other in slices of 256 rows as a worker does it: tumbling by a few groups
 * (against a Map of objects), sliding over a million series (against aggregating the readings of a window again), quantile
 * and distinct by group (against sorted values and a Set). Run: `npx tsx bench/run.ts pipeline-windows [--small]`.
 */
import type { AggregateSpec } from '../src/pipelines/definition/aggregate-spec.ts'
import type { WindowSpec } from '../src/pipelines/definition/window-spec.ts'
import type { KeyedRows } from '../src/pipelines/runtime/keyed-rows.ts'
import { PipelineState } from '../src/pipelines/state/pipeline-state.ts'
import { makeWindow } from '../src/pipelines/windows/make-window.ts'
import { benchCase, benchResult, timed } from './bench.ts'
import type { BenchCase, BenchResult } from './bench.ts'

interface Size {
  readonly rows: number
  readonly series: number
}

export const sizes = {
  small: { rows: 40_000, series: 2_000 },
  full: { rows: 8_000_000, series: 1_000_000 },
}

const SLICE = 256
const spec = (type: string, more: object = {}): AggregateSpec =>
  ({ type, input: 'value', metric: undefined, ...more }) as AggregateSpec

interface Workload {
  readonly keys: number
  readonly rows: number
  readonly msPerRow: number
}

/** Keys are spread over the shards; every key comes as often as any other. */
const keyOf = (i: number, { keys }: Workload): number => (i * 7919) % keys
const valueOf = (i: number): number => ((i * 31) % 1000) / 10

interface Slice {
  readonly rows: KeyedRows
  readonly shard: number
  readonly end: number
}

/** Slices as the shards come by turns, made before the clock starts. */
function slicesOf(work: Workload, shards: number): Slice[] {
  const filling = Array.from({ length: shards }, () => newRows())
  const slices: Slice[] = []
  for (let i = 0; i < work.rows; i++) {
    const key = keyOf(i, work)
    const shard = key % shards
    const rows = filling[shard]
    rows.keyLow[rows.count] = key
    rows.time[rows.count] = i * work.msPerRow
    rows.inputs[0][rows.count++] = valueOf(i)
    if (rows.count < SLICE) continue
    slices.push({ rows, shard, end: i * work.msPerRow })
    filling[shard] = newRows()
  }
  filling.forEach((rows, shard) => slices.push({ rows, shard, end: work.rows * work.msPerRow }))
  return slices
}

const newRows = (): KeyedRows => ({
  ...{ count: 0, keyLow: new Uint32Array(SLICE), keyHigh: new Uint32Array(SLICE) },
  ...{
    keyText: [],
    time: new Float64Array(SLICE),
    inputs: [new Float64Array(SLICE)],
    row: new Int16Array(SLICE),
  },
})

interface Run {
  readonly rowsPerSecond: number
  readonly check: number
}

function runWindow(
  window: WindowSpec,
  specs: readonly AggregateSpec[],
  slices: readonly Slice[],
  bytes: number,
): Run {
  const aggregates = specs.map((one) => ({ spec: one, columns: [0] }))
  const operator = makeWindow({ node: 0, window, aggregates, allowedLatenessMs: 0, earlyEveryMs: 0 })
  const pipeline = PipelineState.reserve({ bytes, whenFull: 'refuse-new', layout: '' })
  let [check, rows] = [0, 0]
  const ms = timed(() => {
    for (const slice of slices) {
      const state = pipeline.part(slice.shard)
      operator.take({ shard: slice.shard, state, watermark: -Infinity }, slice.rows, () => (check = NaN))
      operator.advance({ shard: slice.shard, state, watermark: slice.end }, ({ values }) => {
        check += values[0] as number
      })
      rows += slice.rows.count
    }
    for (let shard = 0; shard < 64; shard++) {
      const state = pipeline.part(shard)
      operator.advance({ shard, state, watermark: Infinity }, ({ values }) => (check += values[0] as number))
    }
  })
  return { rowsPerSecond: (rows / ms) * 1000, check: Math.round(check) }
}

/** Readings kept per key and window end, in a Map; looked through when the window ends. */
function runPlain(
  size: number,
  every: number,
  slices: readonly Slice[],
  result: (values: number[]) => number,
): Run {
  const windows = new Map<number, Map<number, number[]>>()
  let [check, rows] = [0, 0]
  const fire = (watermark: number): void => {
    for (const [end, keys] of windows) {
      if (end > watermark) continue
      windows.delete(end)
      for (const values of keys.values()) check += result(values)
    }
  }
  const ms = timed(() => {
    for (const { rows: block } of slices) {
      for (let i = 0; i < block.count; i++) {
        const time = block.time[i]
        for (let start = Math.floor(time / every) * every; start + size > time; start -= every) {
          let keys = windows.get(start + size)
          if (keys === undefined) windows.set(start + size, (keys = new Map<number, number[]>()))
          const values = keys.get(block.keyLow[i])
          if (values === undefined) keys.set(block.keyLow[i], [block.inputs[0][i]])
          else values.push(block.inputs[0][i])
        }
      }
      rows += block.count
    }
    fire(Infinity)
  })
  return { rowsPerSecond: (rows / ms) * 1000, check: Math.round(check) }
}

interface Group {
  count: number
  sum: number
  min: number
  max: number
}

/** What one writes without thinking: a Map by window and group. */
function runGroups(size: number, slices: readonly Slice[]): Run {
  const groups = new Map<string, Group>()
  let [check, rows] = [0, 0]
  const ms = timed(() => {
    for (const { rows: block } of slices) {
      for (let i = 0; i < block.count; i++) {
        const id = `${block.keyLow[i]}/${Math.floor(block.time[i] / size)}`
        const value = block.inputs[0][i]
        const group = groups.get(id)
        if (group === undefined) groups.set(id, { count: 1, sum: value, min: value, max: value })
        else {
          group.count++
          group.sum += value
          group.min = Math.min(group.min, value)
          group.max = Math.max(group.max, value)
        }
      }
      rows += block.count
    }
    for (const { count } of groups.values()) check += count
  })
  return { rowsPerSecond: (rows / ms) * 1000, check }
}

function tumbling({ rows }: Size): BenchCase {
  const slices = slicesOf({ keys: 12, rows, msPerRow: 0.001 }, 1)
  const window = { type: 'tumbling', sizeMs: 1000, offsetMs: 0 } as const
  const specs = ['count', 'sum', 'min', 'max'].map((type) => spec(type))
  runWindow(window, specs, slices.slice(0, 400), 2 ** 26)
  const { rowsPerSecond, check } = runWindow(window, specs, slices, 2 ** 26)
  const plain = { name: 'Map of objects', value: runGroups(1000, slices).rowsPerSecond }
  return benchCase('tumbling 1 s by 12 groups: count, sum, min, max', 'rows/s', rowsPerSecond, plain, check)
}

function sliding({ rows, series }: Size): BenchCase {
  // a reading per series every 20 s
  const slices = slicesOf({ keys: series, rows, msPerRow: 20_000 / series }, 64)
  const window = { type: 'sliding', sizeMs: 300_000, everyMs: 60_000, offsetMs: 0 } as const
  const specs = ['max', 'mean'].map((type) => spec(type))
  const { rowsPerSecond, check } = runWindow(window, specs, slices, 2 ** 30)
  const fewer = slices.slice(0, Math.ceil(slices.length / 8))
  const plain = runPlain(300_000, 60_000, fewer, (values) => Math.max(...values))
  const name = 'aggregated again, an eighth'
  return benchCase(
    'sliding 5 min every 1 min by series: max, mean',
    'rows/s',
    rowsPerSecond,
    { ...plain, name, value: plain.rowsPerSecond },
    check,
  )
}

function sketches({ rows }: Size): BenchCase {
  const slices = slicesOf({ keys: 12, rows, msPerRow: 0.001 }, 1)
  const window = { type: 'tumbling', sizeMs: 1000, offsetMs: 0 } as const
  const specs = [spec('distinct'), spec('quantile', { q: 0.99 })]
  runWindow(window, specs, slices.slice(0, 400), 2 ** 26)
  const { rowsPerSecond, check } = runWindow(window, specs, slices, 2 ** 26)
  const plain = runPlain(1000, 1000, slices.slice(0, Math.ceil(slices.length / 4)), (values) => {
    const inOrder = Float64Array.from(values).sort()
    return new Set(values).size + inOrder[Math.floor(0.99 * (values.length - 1))]
  })
  return benchCase(
    'quantile and distinct by 12 groups',
    'rows/s',
    rowsPerSecond,
    { name: 'sort and Set', value: plain.rowsPerSecond },
    check,
  )
}

export async function run(size: Size): Promise<BenchResult> {
  return benchResult([tumbling(size), sliding(size), sketches(size)])
}
