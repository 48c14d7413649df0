import { aggregateOf } from '../aggregates/aggregate-of.ts'
import { isPair } from '../aggregates/aggregate.ts'
import type { Aggregate, AggregateResult, PairAggregate, ValueRun } from '../aggregates/aggregate.ts'
import type { AggregateSpec } from '../definition/aggregate-spec.ts'
import type { WindowArena } from './arena.ts'
import type { KeyedRows } from '../runtime/keyed-rows.ts'
import type { RowPlaces } from './row-places.ts'

/** An aggregate and the columns of KeyedRows.inputs that it is over: one, or for pairs x and y. */
export interface WindowAggregate {
  readonly spec: AggregateSpec
  readonly columns: readonly number[]
}

/** One accumulator of the set; aggregates that only differ in how they are read share one. */
interface Slot {
  readonly aggregate: Aggregate | PairAggregate
  readonly columns: readonly number[]
  readonly offset: number
}

interface Reader {
  readonly aggregate: Aggregate | PairAggregate
  readonly offset: number
}

type MergeAll = (into: WindowArena, at: number, from: WindowArena, fromAt: number) => void
type MergeEach = (into: WindowArena, at: number, from: WindowArena, fromAt: number, bits: number) => void
type Results = (arena: WindowArena, at: number) => AggregateResult[]
type AddAll = (
  arena: WindowArena,
  at: Int32Array,
  from: number,
  until: number,
  times: Float64Array,
  inputs: readonly Float64Array[],
) => void

type AddGroups = (
  arena: WindowArena,
  places: RowPlaces,
  times: Float64Array,
  inputs: readonly Float64Array[],
  run: ValueRun,
) => void

/** The accumulators of a window, one behind the other in `words` words. */
export class Accumulators {
  readonly words: number
  /** Adds row i to the accumulators at `at[i]`, for all rows from … until − 1 with such (not 0); their words have been saved. */
  readonly addAll: AddAll
  /** Adds what another set of the same kind holds. */
  readonly merge: MergeAll
  /** The same of sets that lie side by side, of those with a bit. */
  readonly mergeEach: MergeEach
  readonly results: Results
  readonly #addGroups: AddGroups
  readonly #disposers: { dispose: (arena: WindowArena, at: number) => void; offset: number }[] = []

  constructor(aggregates: readonly WindowAggregate[]) {
    const shared = new Map<string, Slot>()
    const readers: Reader[] = []
    let words = 0
    for (const { spec, columns } of aggregates) {
      const aggregate = aggregateOf(spec)
      const family = familyOf(spec, columns)
      let slot = shared.get(family)
      if (slot === undefined) {
        slot = { aggregate, columns, offset: words }
        shared.set(family, slot)
        if (aggregate.dispose) this.#disposers.push({ dispose: aggregate.dispose, offset: words })
        words += aggregate.words
      }
      readers.push({ aggregate, offset: slot.offset })
    }
    this.words = words
    const slots = [...shared.values()]
    this.addAll = generateAdd(slots)
    this.#addGroups = generateAddGroups(slots)
    this.merge = generateMerge(slots)
    this.mergeEach = generateMergeEach(slots, words)
    this.results = generateResults(readers)
  }

  /** Whether any of them keeps blocks behind its words. */
  get hasBlocks(): boolean {
    return this.#disposers.length > 0
  }

  /** Adds the rows that have been given places; their words have been saved. */
  addPlaced(arena: WindowArena, places: RowPlaces, { count, time, inputs }: KeyedRows): void {
    if (places.isCrowded) {
      places.collect(count)
      if (valueRun.f64.length < places.order.length) valueRun = newRun(places.order.length)
      this.#addGroups(arena, places, time, inputs, valueRun)
    } else {
      places.spread(count)
      this.addAll(arena, places.at, 0, count, time, inputs)
    }
  }

  /** Gives back the blocks behind the words. */
  dispose(arena: WindowArena, at: number): void {
    for (const { dispose, offset } of this.#disposers) dispose(arena, at + offset)
  }

  /** As new; saves the words. */
  clear(arena: WindowArena, at: number): void {
    arena.save(at, this.words)
    this.dispose(arena, at)
    arena.u32.fill(0, at, at + this.words)
  }
}

/** What adding and merging depend on: quantiles of the same values share bins, variance and deviation their moments. */
function familyOf(spec: AggregateSpec, columns: readonly number[]): string {
  const { type } = spec
  const parameter =
    'k' in spec ? spec.k : 'bounds' in spec ? spec.bounds : 'halfLifeMs' in spec ? spec.halfLifeMs : 0
  const family =
    { deviation: 'variance', regression: 'correlation' }[type as 'deviation' | 'regression'] ?? type
  return JSON.stringify([family, parameter, columns])
}

/**
 * Loops of the set's own: calls in generated code are each one's own, so the engine's compiler puts `add` in their place; in
 * a shared loop over a list of aggregates it could not. Those with blocks behind their words are large: one loop each.
 */
function generateAdd(slots: readonly Slot[]): AddAll {
  const large = slots.filter(({ aggregate }) => aggregate.dispose !== undefined)
  const small = slots.filter(({ aggregate }) => aggregate.dispose === undefined)
  const loops = [...(small.length > 0 ? [small] : []), ...large.map((slot) => [slot])].map(generateLoop)
  if (loops.length === 1) return loops[0]
  return (arena, at, from, until, times, inputs) => {
    for (const loop of loops) loop(arena, at, from, until, times, inputs)
  }
}

function generateLoop(slots: readonly Slot[]): AddAll {
  const body = slots.map(({ aggregate, columns, offset }, i) => {
    const [x, y] = columns.map((column) => `x${column}[i]`)
    return isPair(aggregate)
      ? `if (${x} === ${x} || ${y} === ${y}) add${i}(arena, a + ${offset}, ${x}, ${y}, t)`
      : `if (${x} === ${x}) add${i}(arena, a + ${offset}, ${x}, t)`
  })
  const used = [...new Set(slots.flatMap(({ columns }) => columns))]
  const source = `
    ${slots.map((_, i) => `const add${i} = functions[${i}]`).join('\n')}
    return function addAll(arena, at, from, until, times, inputs) {
      ${used.map((column) => `const x${column} = inputs[${column}]`).join('\n')}
      for (let i = from; i < until; i++) {
        const a = at[i]
        if (a === 0) continue
        const t = times[i]
        ${body.join('\n')}
      }
    }`
  const adds = slots.map(({ aggregate }) => (isPair(aggregate) ? aggregate.addPair : aggregate.add))
  return generated(source, adds) as AddAll
}

/**
 * Group by group: a column's values are laid side by side, so that an accumulator is read and written once for all of them.
 * Aggregates that ask for times, and pairs, go row by row.
 */
function generateAddGroups(slots: readonly Slot[]): AddGroups {
  const byRow = slots.filter(({ aggregate }) => isPair(aggregate) || aggregate.addRun === undefined)
  const byRun = slots.filter((slot) => !byRow.includes(slot))
  const columns = [...new Set(byRun.map((slot) => slot.columns[0]))]
  const runs = columns.map(
    (column) => `
        n = 0
        for (let p = from; p < until; p++) {
          const x = x${column}[order[p]]
          if (x === x) values[n++] = x
        }
        if (n > 0) {
          ${byRun
            .filter((slot) => slot.columns[0] === column)
            .map((slot) => `addRun${slots.indexOf(slot)}(arena, a + ${slot.offset}, run, n)`)
            .join('\n          ')}
        }`,
  )
  const rows = byRow.map(
    (slot) =>
      `for (let p = from; p < until; p++) add${slots.indexOf(slot)}(arena, a, order[p], inputs, times)`,
  )
  const source = `
    ${byRun.map((slot) => `const addRun${slots.indexOf(slot)} = functions[${slots.indexOf(slot)}]`).join('\n')}
    ${byRow.map((slot) => addOfRow(slot, slots.indexOf(slot))).join('\n')}
    return function addGroups(arena, places, times, inputs, run) {
      const { order, begin, at, wanted, wantedCount } = places
      const values = run.f64
      ${columns.map((column) => `const x${column} = inputs[${column}]`).join('\n')}
      for (let g = 0; g < wantedCount; g++) {
        const a = at[wanted[g]]
        if (a === 0) continue
        const from = begin[g], until = begin[g + 1]
        let n = 0
        ${[...runs, ...rows].join('\n        ')}
      }
    }`
  const functions = slots.map(({ aggregate }) =>
    isPair(aggregate) ? aggregate.addPair : (aggregate.addRun ?? aggregate.add),
  )
  return generated(source, functions) as AddGroups
}

function addOfRow({ aggregate, columns, offset }: Slot, index: number): string {
  const [x, y] = columns.map((column) => `inputs[${column}][i]`)
  const call = isPair(aggregate)
    ? `const x = ${x}, y = ${y}; if (x === x || y === y) functions[${index}](arena, a + ${offset}, x, y, times[i])`
    : `const x = ${x}; if (x === x) functions[${index}](arena, a + ${offset}, x, times[i])`
  return `function add${index}(arena, a, i, inputs, times) { ${call} }`
}

const newRun = (count: number): ValueRun => {
  const f64 = new Float64Array(count)
  return { f64, u32: new Uint32Array(f64.buffer) }
}

/** One per thread, as long as the longest slice so far. */
let valueRun = newRun(256)

function generateMerge(slots: readonly Slot[]): MergeAll {
  const source = `
    ${slots.map((_, i) => `const merge${i} = functions[${i}]`).join('\n')}
    return function mergeAll(into, at, from, fromAt) {
      ${slots.map(({ offset }, i) => `merge${i}(into, at + ${offset}, from, fromAt + ${offset})`).join('\n')}
    }`
  return generated(
    source,
    slots.map(({ aggregate }) => aggregate.merge),
  ) as MergeAll
}

function generateMergeEach(slots: readonly Slot[], words: number): MergeEach {
  const source = `
    ${slots.map((_, i) => `const merge${i} = functions[${i}]`).join('\n')}
    return function mergeEach(into, at, from, fromAt, bits) {
      for (; bits !== 0; bits &= bits - 1) {
        const offset = (31 - Math.clz32(bits & -bits)) * ${words}
        ${slots.map((slot, i) => `merge${i}(into, at + offset + ${slot.offset}, from, fromAt + offset + ${slot.offset})`).join('\n        ')}
      }
    }`
  return generated(
    source,
    slots.map(({ aggregate }) => aggregate.merge),
  ) as MergeEach
}

function generateResults(readers: readonly Reader[]): Results {
  const source = `
    ${readers.map((_, i) => `const result${i} = functions[${i}]`).join('\n')}
    return function results(arena, at) {
      return [${readers.map(({ offset }, i) => `result${i}(arena, at + ${offset})`).join(', ')}]
    }`
  return generated(
    source,
    readers.map(({ aggregate }) => aggregate.result),
  ) as Results
}

// oxlint-disable-next-line typescript/no-unsafe-function-type
const generated = (source: string, functions: readonly Function[]): unknown =>
  // oxlint-disable-next-line typescript/no-implied-eval, typescript/no-unsafe-call
  new Function('functions', source)(functions)
