import { hashOfText } from '../keys/fnv.ts'
import type { Rule } from './rule.ts'
import type { RuleTracks, TrackId } from './rule-tracks.ts'
import type { RuleSubject } from './subject.ts'
import { BETWEEN, HOLDS, OVER, type Verdict, verdictOf } from './verdict.ts'

/** What a reading says of a rule that remembers earlier ones: the last reading's time and value, or where it stood still. */
export interface Tracking {
  readonly rule: Rule
  readonly id: TrackId
  /** Undefined: nothing. */
  verdict(subject: RuleSubject, tracks: RuleTracks): Verdict | undefined
  /** When its condition began to hold before the reading came, if it did. */
  heldSince?(subject: RuleSubject, tracks: RuleTracks): number | undefined
}

/** Undefined: the rule remembers nothing. */
export function trackingOf(rule: Rule): Tracking | undefined {
  const { name, condition } = rule.spec
  const id = hashOfText(name)
  switch (condition.kind) {
    case 'rate':
      return { rule, id, verdict: (subject, tracks) => rateVerdict(condition, subject, tracks, id) }
    case 'flat':
      return { rule, id, verdict: (subject, tracks) => flatVerdict(condition, subject, tracks, id) }
    case 'missing':
      return {
        ...{ rule, id, verdict: (subject, tracks) => seen(condition.afterMs, subject, tracks, id) },
        heldSince: (subject, tracks) => missedSince(condition.afterMs, subject, tracks, id),
      }
    default:
      return undefined
  }
}

type Of<Kind extends Rule['spec']['condition']['kind']> = Extract<Rule['spec']['condition'], { kind: Kind }>

const TIME = 0
const VALUE = 1

/** Each reading that is far enough from the one noted is compared with it, and noted in its place. */
function rateVerdict(
  condition: Of<'rate'>,
  subject: RuleSubject,
  tracks: RuleTracks,
  id: TrackId,
): Verdict | undefined {
  const row = tracks.rowOf(id, subject)
  if (row === 0) return undefined
  const passed = subject.time - tracks.number(row, TIME)
  if (!tracks.isNew && (passed <= 0 || passed < condition.overMs)) return undefined
  const rate = ((subject.value - tracks.number(row, VALUE)) / passed) * condition.perMs
  const verdict = tracks.isNew ? undefined : verdictOf(condition, rate)
  tracks.setNumber(row, TIME, subject.time)
  tracks.setNumber(row, VALUE, subject.value)
  return verdict
}

/** The first reading beyond the tolerance begins anew. */
function flatVerdict(
  { within, afterMs }: Of<'flat'>,
  { time, value, ...place }: RuleSubject,
  tracks: RuleTracks,
  id: TrackId,
): Verdict | undefined {
  const row = tracks.rowOf(id, { time, value, ...place })
  if (row === 0) return undefined
  if (!tracks.isNew && Math.abs(value - tracks.number(row, VALUE)) <= within)
    return time - tracks.number(row, TIME) >= afterMs ? HOLDS : BETWEEN
  tracks.setNumber(row, TIME, time)
  tracks.setNumber(row, VALUE, value)
  return OVER
}

/** A reading only moves a time; the row stays where it is on the list until it is due. */
function seen(afterMs: number, subject: RuleSubject, tracks: RuleTracks, id: TrackId): Verdict | undefined {
  const row = tracks.rowOf(id, subject)
  if (row === 0) return undefined
  if (!tracks.isNew && subject.time <= tracks.number(row, TIME)) return undefined
  tracks.setNumber(row, TIME, subject.time)
  tracks.list(row, subject.time + afterMs)
  return OVER
}

/** The reading may be seen before anybody has looked at the time. */
function missedSince(
  afterMs: number,
  subject: RuleSubject,
  tracks: RuleTracks,
  id: TrackId,
): number | undefined {
  const row = tracks.find(id, subject)
  const due = row === 0 ? Infinity : tracks.number(row, TIME) + afterMs
  return due <= subject.time ? due : undefined
}

/** When the series of a row was seen last. */
export const lastSeen = (tracks: RuleTracks, row: number): number => tracks.number(row, TIME)
