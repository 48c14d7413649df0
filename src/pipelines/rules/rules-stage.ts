/**
 * All rules of a pipeline at once: raises an alert when a rule's condition holds (for as long as it asks), updates it, and
 * ends it when the condition is over. Readings of a series count in the order in which they come; older ones than its latest
 * are left aside. A reading that is beyond no limit, and of whose series no condition holds, costs a few comparisons.
 */
import type { RulesNode } from '../definition/definition.ts'
import type { Lookup, Outlet } from '../definition/outside.ts'
import type { ReadingBlock } from '../definition/reading-block.ts'
import { PerShard } from '../operators/per-shard.ts'
import type { ShardScope } from '../runtime/operator.ts'
import type { ShardState } from '../state/shard-state.ts'
import { Composite } from './composite.ts'
import { OpenRules } from './open-rules.ts'
import { Rule } from './rule.ts'
import { type MetricRules, RuleIndex } from './rule-index.ts'
import { keyOf, messageOf } from './rule-text.ts'
import { RuleTracks } from './rule-tracks.ts'
import { deviceOf, highOf, lowOf, metricOf, ofDevice, type RuleSubject } from './subject.ts'
import { lastSeen, type Tracking, trackingOf } from './tracking.ts'
import { HOLDS, OVER, type Verdict } from './verdict.ts'

/** An alert that fires on is told of again at most so often. */
const TELL_EVERY_MS = 60_000
/** Thousands that are due at once are raised in several steps, for the undo log holds so much; the moment stays the same. */
const MAX_LOG_FILL = 0.5

/** The rules of one shard's state. */
interface View {
  readonly state: ShardState
  readonly open: OpenRules
  readonly tracks: RuleTracks
}

export class RulesStage {
  readonly #node: string
  readonly #lookup: Lookup
  readonly #outlet: Pick<Outlet, 'alert'>
  readonly #index: RuleIndex
  readonly #byId: ReadonlyMap<number, Rule>
  readonly #tracking: ReadonlyMap<Rule, Tracking>
  readonly #composites: ReadonlyMap<string, readonly Composite[]>
  readonly #views: PerShard<View>
  /** Rules that the reading at hand has been shown to. */
  readonly #shown = new Set<number>()

  constructor({ id, rules }: RulesNode, lookup: Lookup, outlet: Pick<Outlet, 'alert'>, stage: number) {
    const all = rules.map((spec) => new Rule(spec, lookup))
    const composites = all.filter(({ spec }) => spec.condition.kind === 'composite')
    this.#node = id
    this.#lookup = lookup
    this.#outlet = outlet
    this.#index = new RuleIndex(
      all.filter((rule) => !composites.includes(rule)),
      lookup,
    )
    this.#byId = new Map(all.map((rule) => [rule.id, rule]))
    this.#tracking = new Map(
      all.flatMap((rule) => {
        const tracking = trackingOf(rule)
        return tracking === undefined ? [] : [[rule, tracking] as const]
      }),
    )
    this.#composites = byMember(composites.map((rule) => new Composite(rule)))
    this.#views = new PerShard((state) => ({
      ...{ state, open: new OpenRules(state, stage), tracks: new RuleTracks(state, stage) },
    }))
  }

  show(block: ReadingBlock, { state }: ShardScope): void {
    const view = this.#views.of(state)
    const { device, metric } = block
    this.#index.learn()
    for (let row = 0; row < block.count; row++) {
      const rules = this.#index.of(metric[row])
      if (rules === undefined) continue
      const open = view.open.isEmpty
        ? 0
        : view.open.find(lowOf(device[row], metric[row]), highOf(device[row]))
      if (open !== 0 || !rules.isQuiet(block, row)) this.#look(rules, block, row, view)
    }
  }

  /** What waits for time: conditions that have held long enough, and series of which nothing came. */
  advance({ state, watermark }: ShardScope): void {
    const view = this.#views.of(state)
    while (state.logFill < MAX_LOG_FILL) {
      const row = view.open.takeDue(watermark)
      if (row === 0) break
      for (const block of [...view.open.blocks(row)]) this.#raiseIfDue(row, block, watermark, view)
    }
    while (state.logFill < MAX_LOG_FILL) {
      const row = view.tracks.takeDue(watermark)
      if (row === 0) return
      this.#missIfDue(row, watermark, view)
    }
  }

  #look(rules: MetricRules, block: ReadingBlock, row: number, view: View): void {
    const subject = subjectAt(block, row)
    this.#shown.clear()
    for (const rule of rules.tracking) if (rule.isAbout(subject)) this.#track(rule, subject, view)
    rules.candidates(block, row, (rule) => {
      if (rule.isAbout(subject)) this.#apply(rule, rule.verdict(block, row), subject, view)
    })
    this.#lookAtOpen(block, row, subject, view)
  }

  /** Rules whose condition held, and that have not been shown the reading: it is over, or they are no longer about it. */
  #lookAtOpen(block: ReadingBlock, row: number, subject: RuleSubject, view: View): void {
    const chain = [...view.open.blocks(view.open.find(subject.low, subject.high))]
    for (const id of chain.map((open) => view.open.ruleOf(open))) {
      if (this.#shown.has(id)) continue
      const rule = this.#byId.get(id)
      if (rule === undefined) this.#forget(id, subject, view)
      else this.#apply(rule, rule.isAbout(subject) ? rule.verdict(block, row) : OVER, subject, view)
    }
  }

  #track(rule: Rule, subject: RuleSubject, view: View): void {
    const tracking = this.#tracking.get(rule)
    const since = tracking?.heldSince?.(subject, view.tracks)
    if (since !== undefined) this.#apply(rule, HOLDS, { ...subject, time: since, value: NaN }, view)
    this.#apply(rule, tracking?.verdict(subject, view.tracks), subject, view)
  }

  #apply(rule: Rule, verdict: Verdict | undefined, subject: RuleSubject, view: View): void {
    this.#shown.add(rule.id)
    if (verdict === undefined) return
    const row = view.open.find(subject.low, subject.high)
    const block = view.open.blockOf(row, rule.id)
    if (block === 0) {
      if (verdict === HOLDS) this.#begin(rule, subject, view)
    } else if (subject.time >= view.open.latest(block)) this.#goOn(rule, row, block, verdict, subject, view)
  }

  /** Without room for it an alert that need not wait is told all the same. */
  #begin(rule: Rule, subject: RuleSubject, view: View): void {
    const { forMs } = rule.spec
    const isNoted = view.open.add(rule.id, subject, forMs)
    if (forMs > 0) {
      if (isNoted) this.#tellPending(rule, subject, false)
      return
    }
    this.#tell(rule, subject, false)
    if (isNoted) this.#changed(rule, 1, subject, view)
  }

  #goOn(rule: Rule, row: number, block: number, verdict: Verdict, subject: RuleSubject, view: View): void {
    const { open } = view
    if (open.isWaiting(block)) this.#raiseIfDue(row, block, subject.time, view)
    if (open.isWaiting(block) ? verdict !== HOLDS : verdict === OVER) {
      const wasFiring = !open.isWaiting(block)
      open.remove(row, block)
      if (!wasFiring) return this.#tellPending(rule, subject, true)
      this.#tell(rule, subject, true)
      this.#changed(rule, -1, subject, view)
      return
    }
    open.setLatest(block, subject)
    if (verdict !== HOLDS || open.isWaiting(block) || subject.time < open.lastTold(block) + TELL_EVERY_MS)
      return
    open.setTold(block, subject.time)
    this.#tell(rule, subject, false)
  }

  /** With the value of the latest reading before the moment. */
  #raiseIfDue(row: number, block: number, time: number, view: View): void {
    const { open } = view
    const rule = this.#byId.get(open.ruleOf(block))
    if (!open.isWaiting(block)) return
    if (rule === undefined) return open.remove(row, block)
    const due = open.since(block) + rule.spec.forMs
    if (due > time) return
    const subject = open.subject(row, block, due)
    open.setFiring(block)
    open.setTold(block, due)
    this.#tell(rule, subject, false)
    this.#changed(rule, 1, subject, view)
  }

  #missIfDue(row: number, time: number, view: View): void {
    const { tracks } = view
    const rule = this.#byId.get(tracks.ruleOf(row))
    const tracking = rule === undefined ? undefined : this.#tracking.get(rule)
    if (rule?.spec.condition.kind !== 'missing' || tracking === undefined) return tracks.remove(row)
    const due = lastSeen(tracks, row) + rule.spec.condition.afterMs
    if (due > time) return tracks.list(row, due)
    const subject = tracks.subject(row, tracking.id, due)
    if (rule.isAbout(subject)) this.#apply(rule, HOLDS, subject, view)
    else tracks.remove(row)
  }

  /** Composite rules hear of it. */
  #changed(rule: Rule, by: 1 | -1, subject: RuleSubject, view: View): void {
    for (const composite of this.#composites.get(rule.spec.name) ?? []) {
      const verdict = composite.verdict(rule.spec.name, by, subject, view.tracks)
      const device = ofDevice(subject)
      this.#apply(composite.rule, composite.rule.isAbout(device) ? verdict : OVER, device, view)
    }
  }

  /** A rule that is no more: its alert is ended by who took it away. */
  #forget(id: number, { low, high }: RuleSubject, { open }: View): void {
    const row = open.find(low, high)
    open.remove(row, open.blockOf(row, id))
  }

  #tellPending(rule: Rule, subject: RuleSubject, clear: boolean): void {
    if (rule.spec.showsPending) this.#tell(rule, subject, clear, { pending: true })
  }

  #tell({ spec }: Rule, subject: RuleSubject, clear: boolean, more: { readonly pending?: true } = {}): void {
    if (spec.silent) return
    const { time, value, region, tier } = subject
    const [device, metric] = [deviceOf(subject), metricOf(subject)]
    const id = `${spec.name}:${device.toString(36)}.${metric}.${time}`
    this.#outlet.alert({
      ...{
        node: this.#node,
        rule: spec.name,
        key: keyOf(subject, this.#lookup),
        clear,
        severity: spec.severity,
      },
      ...{ message: messageOf(spec, subject, this.#lookup), value },
      ...{ labels: spec.labels, ...more },
      origin: { time, device, metric, region, tier, id },
    })
  }
}

function subjectAt({ device, metric, time, value, region, tier }: ReadingBlock, row: number): RuleSubject {
  return {
    ...{
      low: lowOf(device[row], metric[row]),
      high: highOf(device[row]),
      time: time[row],
      value: value[row],
    },
    ...{ region: region[row], tier: tier[row] },
  }
}

function byMember(composites: readonly Composite[]): ReadonlyMap<string, readonly Composite[]> {
  const found = new Map<string, Composite[]>()
  for (const composite of composites)
    for (const member of composite.members) found.set(member, [...(found.get(member) ?? []), composite])
  return found
}
