/**
 * What a pattern means, said a second time and without regard for cost: each item is tried as a first one, and what follows
 * from it is found by looking at all items behind it, alone; then those that ended are gone through in the order of time, and
 * skipping takes out others. Of one key, items in the order of time.
 */
import type { PatternNode } from '../../../src/pipelines/definition/definition.ts'
import type { NotStep, PatternStep, TakeStep } from '../../../src/pipelines/definition/pattern-spec.ts'

export interface Item {
  readonly time: number
  readonly value: number
}

export interface Taken {
  readonly step: number
  readonly index: number
}

export interface Outcome {
  readonly kind: 'match' | 'timed-out'
  readonly taken: readonly Taken[]
  readonly at: number
}

/** `certain`: before or with which item it ended; a deadline before an item's time comes first. */
interface Ending extends Outcome {
  readonly withItem: number
}

type Spec = Pick<PatternNode, 'steps' | 'withinMs' | 'skip'>

export function bruteForce(spec: Spec, items: readonly Item[]): readonly Outcome[] {
  const endings = items.flatMap((_, first) => endingsFrom(spec, items, first))
  return skipped(spec, byTime(endings))
}

class Story {
  readonly #takes: readonly TakeStep[]
  readonly #nots: readonly (NotStep | undefined)[]
  readonly #items: readonly Item[]
  readonly #spec: Spec

  constructor(spec: Spec, items: readonly Item[]) {
    this.#spec = spec
    this.#items = items
    this.#takes = spec.steps.filter((step): step is TakeStep => step.kind === 'take')
    this.#nots = spec.steps.flatMap((step, at) => {
      if (step.kind === 'not') return []
      const behind = spec.steps[at + 1]
      return [behind?.kind === 'not' ? behind : undefined]
    })
  }

  /** All that can become of having taken `taken`, seen from the item `index` on. */
  tell(taken: readonly Taken[], index: number): Ending[] {
    const deadline = this.#deadline(taken)
    const here = this.#items[index]
    if (here === undefined || here.time > deadline) {
      const isMatch = this.#isEnough(taken) && !this.#isBarred(taken, index)
      return [{ kind: isMatch ? 'match' : 'timed-out', taken, at: deadline, withItem: index - 0.5 }]
    }
    const endings: Ending[] = []
    for (const step of this.#order(taken)) {
      if (!this.#fits(taken, step, index)) continue
      const next = [...taken, { step, index }]
      const isAny = step !== taken.at(-1)!.step && this.#takes[step].after === 'followed-by-any'
      endings.push(...this.#arrived(next, index))
      if (!isAny) return endings
    }
    if (this.#isStuck(taken, index)) {
      if (this.#isEnough(taken) && !this.#isBarred(taken, index + 1))
        endings.push({ kind: 'match', taken, at: here.time, withItem: index })
      return endings
    }
    return [...endings, ...this.tell(taken, index + 1)]
  }

  begin(index: number): Ending[] {
    return this.#holds(0, index, []) ? this.#arrived([{ step: 0, index }], index) : []
  }

  #arrived(taken: readonly Taken[], index: number): Ending[] {
    const isOver = this.#isEnough(taken) && !this.#isAbsence && !this.#waits(taken)
    if (isOver) return [{ kind: 'match', taken, at: this.#items[index].time, withItem: index }]
    return this.tell(taken, index + 1)
  }

  get #isAbsence(): boolean {
    return this.#spec.steps.at(-1)!.kind === 'not'
  }

  #deadline(taken: readonly Taken[]): number {
    const end = this.#spec.steps.at(-1)!
    if (end.kind === 'not' && end.forMs !== undefined && this.#isEnough(taken))
      return this.#items[taken.at(-1)!.index].time + end.forMs
    return this.#items[taken[0].index].time + this.#spec.withinMs!
  }

  #count(taken: readonly Taken[]): number {
    return taken.filter(({ step }) => step === taken.at(-1)!.step).length
  }

  #isEnough(taken: readonly Taken[]): boolean {
    const { step } = taken.at(-1)!
    return (
      this.#count(taken) >= this.#takes[step].least &&
      this.#takes.slice(step + 1).every(({ isOptional }) => isOptional)
    )
  }

  #waits(taken: readonly Taken[]): boolean {
    const { step } = taken.at(-1)!
    const mayRepeat = this.#count(taken) < this.#takes[step].most
    return this.#takes.some(({ isGreedy }, at) => isGreedy && (at > step || (at === step && mayRepeat)))
  }

  /** Steps that could take an item now, in the order in which they are asked. */
  #order(taken: readonly Taken[]): number[] {
    const { step } = taken.at(-1)!
    const count = this.#count(taken)
    const near = count < this.#takes[step].most ? [step] : []
    if (count < this.#takes[step].least) return near
    for (let at = step + 1; at < this.#takes.length; at++) {
      near.push(at)
      if (!this.#takes[at].isOptional) break
    }
    return near.reduceRight<number[]>(
      (order, at) => (this.#takes[at].isGreedy ? [at, ...order] : [...order, at]),
      [],
    )
  }

  #fits(taken: readonly Taken[], step: number, index: number): boolean {
    const last = taken.at(-1)!
    const isAdjacent = last.index === index - 1
    const isInTime = this.#items[index].time - this.#items[taken[0].index].time <= this.#spec.withinMs!
    if (!isInTime || !this.#holds(step, index, taken)) return false
    if (step === last.step) return isAdjacent || !this.#takes[step].isConsecutive
    if (this.#takes[step].after === 'next' && !isAdjacent) return false
    const not = this.#nots[last.step]
    if (not?.after === 'next' && isAdjacent && this.#forbids(not, index, taken)) return false
    return !this.#isBarred(taken, index)
  }

  /** Something forbidden lies behind the last item, before `index`. */
  #isBarred(taken: readonly Taken[], index: number): boolean {
    const last = taken.at(-1)!
    const not = this.#nots[last.step]
    if (not === undefined || this.#count(taken) < this.#takes[last.step].least) return false
    const until = Math.min(index, this.#items.length, not.after === 'next' ? last.index + 2 : Infinity)
    for (let at = last.index + 1; at < until; at++) if (this.#forbids(not, at, taken)) return true
    return false
  }

  /** Nothing can come any more once the item `index` lies behind the last. */
  #isStuck(taken: readonly Taken[], index: number): boolean {
    const { step } = taken.at(-1)!
    const count = this.#count(taken)
    if (count < this.#takes[step].most && !this.#takes[step].isConsecutive) return false
    if (count < this.#takes[step].least || this.#isBarred(taken, index + 1)) return true
    if (this.#isEnough(taken) && this.#isAbsence) return false
    return !this.#order(taken).some((at) => at > step && this.#takes[at].after !== 'next')
  }

  #holds(step: number, index: number, taken: readonly Taken[]): boolean {
    const item = this.#items[index]
    return this.#takes[step].any.some(
      ({ test, given, name }) =>
        test(item as never) &&
        (given === undefined || given(item as never, this.#soFar(taken, name) as never)),
    )
  }

  #forbids({ test, given, name }: NotStep, index: number, taken: readonly Taken[]): boolean {
    const item = this.#items[index]
    return (
      test(item as never) && (given === undefined || given(item as never, this.#soFar(taken, name) as never))
    )
  }

  #soFar(taken: readonly Taken[], own: string): Record<string, unknown> {
    const soFar: Record<string, unknown> = { [own]: [] }
    for (const { any, isList } of this.#takes) if (isList) for (const { name } of any) soFar[name] = []
    for (const { step, index } of taken) {
      const item = this.#items[index]
      const { any, isList } = this.#takes[step]
      const { name } = any.find(({ test }) => test(item as never))!
      if (isList || name === own) soFar[name] = [...(soFar[name] as Item[]), item]
      else soFar[name] = item
    }
    return soFar
  }
}

const endingsFrom = (spec: Spec, items: readonly Item[], first: number): Ending[] =>
  new Story(spec, items).begin(first)

/** Deadlines before the item that is later; with one item, by the first items of those that end. */
const byTime = (endings: readonly Ending[]): readonly Ending[] =>
  [...endings].sort((a, b) => {
    const first = a.taken[0].index - b.taken[0].index
    return Math.ceil(a.withItem) - Math.ceil(b.withItem) || a.withItem - b.withItem || a.at - b.at || first
  })

function skipped({ skip, steps }: Spec, endings: readonly Ending[]): readonly Outcome[] {
  const takes = steps.filter((step) => step.kind === 'take')
  let left = endings
  const given: Outcome[] = []
  while (left.length > 0) {
    const [one, ...others] = left
    given.push({ kind: one.kind, taken: one.taken, at: one.at })
    left = one.kind === 'match' ? others.filter((other) => stays(one, other, skip, takes)) : others
  }
  return given
}

function stays(match: Ending, other: Ending, skip: Spec['skip'], takes: readonly PatternStep[]): boolean {
  const begin = other.taken[0].index
  if (skip.to === 'no-skip') return true
  if (skip.to === 'past-last') return begin > match.taken.at(-1)!.index
  const named = 'step' in skip ? match.taken.filter(({ step }) => nameOf(takes[step]) === skip.step) : []
  const to = 'step' in skip && skip.to === 'first' ? named[0] : named.at(-1)
  return to === undefined ? begin !== match.taken[0].index : begin >= to.index
}

const nameOf = (step: PatternStep): string => (step.kind === 'take' ? step.any[0].name : step.name)
