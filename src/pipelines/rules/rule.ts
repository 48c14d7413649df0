import type { Lookup } from '../definition/outside.ts'
import type { ReadingBlock } from '../definition/reading-block.ts'
import type { RuleSpec } from '../definition/rule-spec.ts'
import { hashOfText } from '../keys/fnv.ts'
import { DeviceMatch } from './device-match.ts'
import { Geofence } from './geofence.ts'
import { deviceOf, type RuleSubject } from './subject.ts'
import { HOLDS, OVER, type Verdict, verdictOf } from './verdict.ts'

/** A rule ready to look at readings, in one thread. */
export class Rule {
  readonly spec: RuleSpec
  /** What it is kept under in shared memory: of its name, so that it is the same in the next version of its file. */
  readonly id: number
  readonly #devices: DeviceMatch
  readonly #fence: Geofence | undefined

  constructor(spec: RuleSpec, lookup: Lookup) {
    this.spec = spec
    this.id = hashOfText(spec.name).low
    this.#devices = new DeviceMatch(spec.devices, lookup)
    this.#fence = spec.condition.kind === 'geofence' ? new Geofence(spec.condition.area) : undefined
  }

  /** It remembers something of every series that it is about. */
  get isTracking(): boolean {
    const { kind } = this.spec.condition
    return kind === 'rate' || kind === 'missing' || kind === 'flat'
  }

  isAbout(subject: RuleSubject): boolean {
    return this.#devices.matches(deviceOf(subject), subject.region, subject.tier)
  }

  /** What a reading says by itself; undefined = nothing: it has no position, or the rule is not about single readings. */
  verdict({ value, score, lat, lon }: ReadingBlock, row: number): Verdict | undefined {
    const { condition } = this.spec
    if (condition.kind === 'threshold') return verdictOf(condition, value[row])
    if (condition.kind === 'baseline') return verdictOf(condition, score[row])
    if (condition.kind !== 'geofence' || this.#fence === undefined || Number.isNaN(lat[row])) return undefined
    return this.#fence.contains(lat[row], lon[row]) === (condition.when === 'inside') ? HOLDS : OVER
  }
}
