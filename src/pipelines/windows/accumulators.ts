import { aggregateOf } from '../aggregates/aggregate-of.ts'
import { isPair } from '../aggregates/aggregate.ts'
import type { Aggregate, AggregateResult, PairAggregate } from '../aggregates/aggregate.ts'
import type { AggregateSpec } from '../definition/aggregate-spec.ts'
import type { WindowArena } from './arena.ts'

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
type Results = (arena: WindowArena, at: number) => AggregateResult[]
type AddAll = (
  arena: WindowArena,
  at: Int32Array,
  from: number,
  until: number,
  times: Float64Array,
  inputs: readonly Float64Array[],
) => void

/** The accumulators of a window, one behind the other in `words` words. */
export class Accumulators {
  readonly words: number
  /** Adds row i to the accumulators at `at[i]`, for all rows from … until − 1 with such (not 0); their words have been saved. */
  readonly addAll: AddAll
  /** Adds what another set of the same kind holds. */
  readonly merge: MergeAll
  readonly results: Results
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
    this.merge = generateMerge(slots)
    this.results = generateResults(readers)
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

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type
const generated = (source: string, functions: readonly Function[]): unknown =>
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
  new Function('functions', source)(functions)
