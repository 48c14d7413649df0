/**
 * A pattern's automaton over one key. Each partial match is shown each item in its turn: it takes it for the first of the
 * steps it may go to whose condition holds, or leaves it. Only a step that may leave items aside which it could take
 * (`followed-by-any`) makes two of one. What must not come blocks the way to the next step. A partial match that can't go
 * anywhere any more is given up.
 */
import type { PatternNode } from '../definition/definition.ts'
import { PART_EVICTED, PART_REFUSED } from '../state/state.layout.ts'
import type { Items } from './items.ts'
import type { MatchFields } from './match-fields.ts'
import type { Partials } from './partials.ts'
import type { PatternPlan, PlannedCondition, PlannedStep } from './pattern-plan.ts'

/** A partial match that is in no list any more; who is told releases it. */
export interface Ended {
  readonly partial: number
  /** Otherwise its time was up. */
  readonly isMatch: boolean
  /** When that was certain: event time. */
  readonly at: number
}

export interface MatcherParts {
  readonly plan: PatternPlan
  readonly node: Pick<PatternNode, 'skip' | 'partials'>
  readonly partials: Partials
  readonly items: Items
  readonly fields: MatchFields
  /** A condition threw over the item, and counts as false. */
  readonly onError: (item: number, error: unknown) => void
}

const LEFT = 0
const TOOK = 1
const OVER = 2

export class Matcher {
  readonly #parts: MatcherParts
  readonly #plan: PatternPlan
  readonly #partials: Partials
  readonly #items: Items
  #failed = 0

  constructor(parts: MatcherParts) {
    this.#parts = parts
    this.#plan = parts.plan
    this.#partials = parts.partials
    this.#items = parts.items
  }

  /** The key's next item. What has ended comes in the order in which it is to be told. */
  show(row: number, item: number): readonly Ended[] {
    const done: Ended[] = []
    this.#failed = 0
    let before = 0
    for (let partial = this.#partials.first(row); partial !== 0;) {
      const next = this.#partials.next(partial)
      before = this.#offer(row, before, partial, item, done)
      partial = next
    }
    this.#begin(row, item, done)
    return done.length === 0 ? done : this.#settle(row, done)
  }

  /** Whether the item could be the first of a match. */
  begins(item: number): boolean {
    return (this.#items.mask(item) & this.#plan.steps[0].mask) !== 0
  }

  /** The key's partial matches whose time was up before `limit`. */
  expire(row: number, limit: number): readonly Ended[] {
    const ended: Ended[] = []
    for (;;) {
      const [before, partial] = this.#firstDue(row, limit)
      if (partial === 0) return ended
      const at = this.#partials.deadline(partial)
      const isMatch = this.#isComplete(partial)
      this.#partials.unlink(row, before, partial)
      ended.push({ partial, isMatch, at })
      if (isMatch) this.#skip(row, partial, [])
    }
  }

  /** When the first of the key's partial matches is due; Infinity when there is none. */
  due(row: number): number {
    let due = Infinity
    for (let partial = this.#partials.first(row); partial !== 0; partial = this.#partials.next(partial))
      due = Math.min(due, this.#partials.deadline(partial))
    return due
  }

  #firstDue(row: number, limit: number): readonly [before: number, partial: number] {
    const partials = this.#partials
    let found: readonly [number, number] = [0, 0]
    let due = limit
    for (let before = 0, partial = partials.first(row); partial !== 0; partial = partials.next(partial)) {
      if (partials.deadline(partial) < due) {
        due = partials.deadline(partial)
        found = [before, partial]
      }
      before = partial
    }
    return found
  }

  /** Returns what now stands before the next one in the list. */
  #offer(row: number, before: number, partial: number, item: number, done: Ended[]): number {
    const outcome = this.#go(row, partial, item, done, (copy) => {
      this.#partials.insert(row, before, copy)
      before = copy
    })
    if (outcome !== OVER) return partial
    this.#partials.unlink(row, before, partial)
    if (done.at(-1)?.partial !== partial) this.#partials.release(partial)
    return before
  }

  #go(
    row: number,
    partial: number,
    item: number,
    done: Ended[],
    keep: (copy: number) => void,
  ): typeof LEFT | typeof TOOK | typeof OVER {
    const at = this.#partials.step(partial)
    const step = this.#plan.steps[at]
    const taken = this.#partials.taken(partial)
    if (this.#isInTime(partial, item))
      for (const to of taken < step.least ? [at] : taken < step.most ? step.eager : step.full) {
        const which = this.#condition(partial, at, to, item)
        if (which < 0) continue
        if (to !== at && this.#plan.steps[to].isAny) this.#fork(row, partial, to, which, item, done, keep)
        else {
          if (!this.#partials.take(partial, item, to, which)) return LEFT
          return this.#arrive(partial, item, done) ? OVER : TOOK
        }
      }
    return this.#leave(partial, step, taken, item, done)
  }

  /** One takes the item, the other goes on as if it were none. */
  #fork(
    row: number,
    partial: number,
    to: number,
    which: number,
    item: number,
    done: Ended[],
    keep: (copy: number) => void,
  ): void {
    if (this.#partials.count(row) >= this.#parts.node.partials.most) return this.#count(PART_REFUSED)
    const copy = this.#partials.copy(partial)
    if (copy === 0) return
    if (!this.#partials.take(copy, item, to, which)) this.#partials.release(copy)
    else if (!this.#arrive(copy, item, done)) keep(copy)
  }

  /** It has taken the item. True when it is complete: then it is among what is done. */
  #arrive(partial: number, item: number, done: Ended[]): boolean {
    const step = this.#plan.steps[this.#partials.step(partial)]
    const taken = this.#partials.taken(partial)
    const isEnough = step.isLast && taken >= step.least
    const waits = taken < step.most ? step.waitsEager : step.waitsFull
    const time = this.#items.time(item)
    if (isEnough && !this.#plan.isAbsence && !waits) {
      done.push({ partial, isMatch: true, at: time })
      return true
    }
    const { forMs, withinMs } = this.#plan
    const isLong = isEnough && !Number.isNaN(forMs)
    this.#partials.setDeadline(
      partial,
      isLong ? time + forMs : this.#items.time(this.#partials.begin(partial)) + withinMs,
    )
    return false
  }

  #isInTime(partial: number, item: number): boolean {
    return this.#items.time(item) - this.#items.time(this.#partials.begin(partial)) <= this.#plan.withinMs
  }

  /** Which condition of the step `to` holds, if it may go there; −1 = none. */
  #condition(partial: number, at: number, to: number, item: number): number {
    const step = this.#plan.steps[to]
    const mask = this.#items.mask(item)
    if ((mask & step.mask) === 0) return -1
    const isFresh = this.#partials.isFresh(partial)
    if (to === at) {
      if (step.isConsecutive && !isFresh) return -1
    } else {
      if (this.#partials.isBlocked(partial) || (step.isStrict && !isFresh)) return -1
      const { not } = this.#plan.steps[at]
      if (not?.isNext === true && isFresh && this.#holds(not, partial, item)) return -1
    }
    return step.any.findIndex((condition) => this.#holds(condition, partial, item))
  }

  #holds({ bit, given, name }: PlannedCondition, partial: number, item: number): boolean {
    if ((this.#items.mask(item) & bit) === 0) return false
    if (given === undefined) return true
    const { fields, onError } = this.#parts
    try {
      const taken = partial === 0 ? [] : this.#partials.all(partial)
      return given(fields.look(item) as never, fields.soFar(taken, name) as never)
    } catch (error) {
      if (this.#failed !== item) onError(item, error)
      this.#failed = item
      return false
    }
  }

  #leave(
    partial: number,
    step: PlannedStep,
    taken: number,
    item: number,
    done: Ended[],
  ): typeof LEFT | typeof OVER {
    const partials = this.#partials
    const { not } = step
    const isForbidden =
      not !== undefined &&
      taken >= step.least &&
      !partials.isBlocked(partial) &&
      (!not.isNext || partials.isFresh(partial)) &&
      this.#holds(not, partial, item)
    if (isForbidden) partials.setBlocked(partial)
    if (this.#plan.wantsAll) partials.setStale(partial)
    if (this.#mayGoOn(partial, step, taken)) return LEFT
    if (this.#isComplete(partial)) done.push({ partial, isMatch: true, at: this.#items.time(item) })
    return OVER
  }

  /** With something else behind its last item. */
  #mayGoOn(partial: number, step: PlannedStep, taken: number): boolean {
    if (taken < step.most && !step.isConsecutive) return true
    if (taken < step.least || this.#partials.isBlocked(partial)) return false
    if (step.isLast && this.#plan.isAbsence) return true
    return step.full.some((to) => !this.#plan.steps[to].isStrict)
  }

  #isComplete(partial: number): boolean {
    const step = this.#plan.steps[this.#partials.step(partial)]
    return step.isLast && this.#partials.taken(partial) >= step.least && !this.#partials.isBlocked(partial)
  }

  #begin(row: number, item: number, done: Ended[]): void {
    const [step] = this.#plan.steps
    const which = step.any.findIndex((condition) => this.#holds(condition, 0, item))
    if (which < 0 || !this.#hasRoom(row)) return
    const partial = this.#partials.add(item)
    if (partial === 0) return
    if (!this.#partials.take(partial, item, 0, which)) this.#partials.release(partial)
    else if (!this.#arrive(partial, item, done)) this.#partials.append(row, partial)
  }

  #hasRoom(row: number): boolean {
    const { most, whenFull } = this.#parts.node.partials
    if (this.#partials.count(row) < most) return true
    if (whenFull === 'refuse-new') {
      this.#count(PART_REFUSED)
      return false
    }
    const oldest = this.#partials.first(row)
    this.#partials.unlink(row, 0, oldest)
    this.#partials.release(oldest)
    this.#count(PART_EVICTED)
    return true
  }

  #count(word: number): void {
    this.#partials.state.add(word, 1)
  }

  /** Of those that are complete with one item, which are in the order of their first items: those that skipping leaves. */
  #settle(row: number, done: readonly Ended[]): readonly Ended[] {
    const given: Ended[] = []
    let left = done
    while (left.length > 0) {
      const [first, ...others] = left
      given.push(first)
      left = this.#skip(row, first.partial, others)
    }
    return given
  }

  /** Forgets what the match leaves no room for; returns which of the others stay. */
  #skip(row: number, match: number, others: readonly Ended[]): readonly Ended[] {
    const isSkipped = this.#skipped(match)
    if (isSkipped === undefined) return others
    let before = 0
    for (let partial = this.#partials.first(row); partial !== 0;) {
      const next = this.#partials.next(partial)
      if (isSkipped(partial)) {
        this.#partials.unlink(row, before, partial)
        this.#partials.release(partial)
      } else before = partial
      partial = next
    }
    for (const { partial } of others) if (isSkipped(partial)) this.#partials.release(partial)
    return others.filter(({ partial }) => !isSkipped(partial))
  }

  #skipped(match: number): ((partial: number) => boolean) | undefined {
    const { skip } = this.#parts.node
    const items = this.#items
    const beginOf = (partial: number): number => items.number(this.#partials.begin(partial))
    if (skip.to === 'no-skip') return undefined
    if (skip.to === 'past-last') {
      const last = items.number(this.#partials.lastItem(match))
      return (partial) => isUpTo(beginOf(partial), last)
    }
    const begin = beginOf(match)
    const named = !('step' in skip) ? undefined : this.#itemOf(match, skip.step, skip.to === 'first')
    if (named === undefined) return (partial) => beginOf(partial) === begin
    return (partial) => isUpTo(beginOf(partial), named) && beginOf(partial) !== named
  }

  /** The number of the first or last item of a step. */
  #itemOf(match: number, name: string, isFirst: boolean): number | undefined {
    const taken = this.#partials
      .all(match)
      .filter(({ step, which }) => this.#plan.steps[step].any[which].name === name)
    const found = isFirst ? taken[0] : taken.at(-1)
    return found === undefined ? undefined : this.#items.number(found.item)
  }
}

/** Numbers wrap around. */
const isUpTo = (number: number, last: number): boolean => ((last - number) | 0) >= 0
