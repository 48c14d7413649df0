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
  readonly #slots: Slot[] = []
  readonly #readers: { aggregate: Aggregate | PairAggregate; offset: number }[] = []
  readonly #disposers: { dispose: (arena: WindowArena, at: number) => void; offset: number }[] = []

  constructor(aggregates: readonly WindowAggregate[]) {
    const shared = new Map<string, Slot>()
    let words = 0
    for (const { spec, columns } of aggregates) {
      const aggregate = aggregateOf(spec)
      const family = familyOf(spec, columns)
      let slot = shared.get(family)
      if (slot === undefined) {
        slot = { aggregate, columns, offset: words }
        shared.set(family, slot)
        this.#slots.push(slot)
        if (aggregate.dispose) this.#disposers.push({ dispose: aggregate.dispose, offset: words })
        words += aggregate.words
      }
      this.#readers.push({ aggregate, offset: slot.offset })
    }
    this.words = words
    this.addAll = generate(this.#slots)
  }

  merge(into: WindowArena, at: number, from: WindowArena, fromAt: number): void {
    for (const { aggregate, offset } of this.#slots) {
      aggregate.merge(into, at + offset, from, fromAt + offset)
    }
  }

  results(arena: WindowArena, at: number): AggregateResult[] {
    return this.#readers.map(({ aggregate, offset }) => aggregate.result(arena, at + offset))
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
 * One loop for the set: calls in generated code are each one's own, so the engine's compiler puts `add` in their place;
 * in a shared loop over a list of aggregates it could not.
 */
function generate(slots: readonly Slot[]): AddAll {
  const body = slots.map(({ aggregate, columns, offset }, i) => {
    const [x, y] = columns.map((column) => `x${column}[i]`)
    return isPair(aggregate)
      ? `if (${x} === ${x} || ${y} === ${y}) add${i}(arena, a + ${offset}, ${x}, ${y}, t)`
      : `if (${x} === ${x}) add${i}(arena, a + ${offset}, ${x}, t)`
  })
  const used = [...new Set(slots.flatMap(({ columns }) => columns))]
  const source = `
    ${slots.map((_, i) => `const add${i} = adds[${i}]`).join('\n')}
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
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
  return new Function('adds', source)(adds) as AddAll
}
