import { hashOfText } from '../keys/fnv.ts'
import type { Rule } from './rule.ts'
import type { RuleTracks, TrackId } from './rule-tracks.ts'
import { ofDevice, type RuleSubject } from './subject.ts'
import { HOLDS, OVER, type Verdict } from './verdict.ts'

/** Rules that a composite one may be of: as many words are kept. */
export const MOST_MEMBERS = 8

/** A rule about other rules of the same device: of each it counts the series for which it fires. */
export class Composite {
  readonly rule: Rule
  readonly members: readonly string[]
  readonly #all: number
  readonly #any: number
  readonly #id: TrackId

  constructor(rule: Rule) {
    const { condition, name } = rule.spec
    if (condition.kind !== 'composite') throw new Error(`${name} is no composite rule`)
    this.rule = rule
    this.members = [...condition.all, ...condition.any, ...condition.none]
    this.#all = condition.all.length
    this.#any = condition.any.length
    // counts are of these members
    this.#id = hashOfText(JSON.stringify([name, this.members]))
  }

  /** A member has begun (1) or ceased (−1) to fire for a series of the device. */
  verdict(member: string, by: 1 | -1, subject: RuleSubject, tracks: RuleTracks): Verdict {
    const row = tracks.rowOf(this.#id, ofDevice(subject))
    if (row === 0) return OVER
    const index = this.members.indexOf(member)
    tracks.setWord(row, index, Math.max(0, tracks.word(row, index) + by))
    const fires = this.members.map((_, i) => tracks.word(row, i) > 0)
    if (!fires.includes(true)) tracks.remove(row)
    const [all, any] = [fires.slice(0, this.#all), fires.slice(this.#all, this.#all + this.#any)]
    const none = fires.slice(this.#all + this.#any)
    const holds = !all.includes(false) && (any.length === 0 || any.includes(true)) && !none.includes(true)
    return holds ? HOLDS : OVER
  }
}
