/**
 * Alerts that speak for others, as Alertmanager's inhibition rules: while an alert that matches `source` fires, those that
 * match `target` and have the same values of the `equal` labels are not told. An alert that matches both sides is not
 * inhibited by others that do, nor by itself. A source speaks whether it is told itself or not. An inhibited alert names
 * the source that spoke for it first, also when others have taken over since: so in a cascade of many sources and many
 * targets each target is looked at only when the first source comes and when the last one goes.
 */
import type { Labels } from './labels.ts'
import { type Matcher, matchesAll } from './matcher.ts'
import type { OpenAlert } from './open-alert.ts'

export interface InhibitionRule {
  readonly source: readonly Matcher[]
  readonly target: readonly Matcher[]
  readonly equal: readonly string[]
}

/** Alerts that a rule brings together, by the values of the equal labels. */
interface Party {
  /** Sources that are no targets. */
  readonly sources: Set<OpenAlert>
  /** Sources and targets. */
  readonly both: Set<OpenAlert>
  /** Those that will be both when they fire. */
  readonly waiting: Set<OpenAlert>
  /** Targets that are no sources. */
  readonly targets: Set<OpenAlert>
}

type Role = keyof Party

interface Place {
  readonly rule: number
  readonly key: string
  readonly role: Role
}

export class Inhibitions {
  readonly #rules: readonly InhibitionRule[]
  readonly #parties: readonly Map<string, Party>[]
  readonly #places = new Map<OpenAlert, readonly Place[]>()

  constructor(rules: readonly InhibitionRule[]) {
    this.#rules = rules
    this.#parties = rules.map(() => new Map<string, Party>())
  }

  /**
   * Puts the alert where its labels and its state say, and out of where it was. `affected` is given other alerts that are
   * inhibited now and weren't, or the other way round.
   */
  place(open: OpenAlert, affected: (other: OpenAlert) => void): void {
    if (this.#rules.length === 0) return
    const before = this.#places.get(open) ?? []
    const after = open.isOpen ? this.#placesOf(open) : []
    if (samePlaces(before, after)) return
    if (after.length === 0) this.#places.delete(open)
    else this.#places.set(open, after)
    const spokenTo = new Set<OpenAlert>()
    for (const place of before) this.#leave(open, place, spokenTo)
    for (const place of after) this.#join(open, place, spokenTo)
    spokenTo.delete(open)
    open.inhibitor = this.#inhibitorOf(open)
    for (const target of spokenTo) this.#look(target, affected)
  }

  #look(target: OpenAlert, affected: (other: OpenAlert) => void): void {
    const inhibitor = this.#inhibitorOf(target)
    if (inhibitor === target.inhibitor) return
    target.inhibitor = inhibitor
    affected(target)
  }

  #placesOf({ alert }: OpenAlert): Place[] {
    const { labels, state } = alert
    return this.#rules.flatMap(({ source, target, equal }, rule): Place[] => {
      const role = roleOf(matchesAll(source, labels), matchesAll(target, labels), state === 'firing')
      return role === undefined ? [] : [{ rule, key: keyOf(labels, equal), role }]
    })
  }

  #join(open: OpenAlert, { rule, key, role }: Place, spokenTo: Set<OpenAlert>): void {
    const parties = this.#parties[rule]
    let party = parties.get(key)
    if (party === undefined) {
      party = { sources: new Set(), both: new Set(), waiting: new Set(), targets: new Set() }
      parties.set(key, party)
    }
    addListeners(party, role, spokenTo)
    party[role].add(open)
  }

  #leave(open: OpenAlert, { rule, key, role }: Place, spokenTo: Set<OpenAlert>): void {
    const party = this.#parties[rule].get(key)
    if (party === undefined) return
    party[role].delete(open)
    addListeners(party, role, spokenTo)
    if (party.sources.size + party.both.size + party.waiting.size + party.targets.size === 0)
      this.#parties[rule].delete(key)
  }

  /** Who spoke first goes on being named for as long as anybody speaks. */
  #inhibitorOf(target: OpenAlert): string {
    for (const { rule, key, role } of this.#places.get(target) ?? []) {
      const party = this.#parties[rule].get(key)
      if (party === undefined || role === 'sources') continue
      const first = firstOf(party.sources) ?? (role === 'targets' ? firstOf(party.both) : undefined)
      if (first !== undefined) return target.inhibitor === '' ? first.alert.id : target.inhibitor
    }
    return ''
  }
}

/** Those to whom nobody speaks but, for the moment, one who comes or goes in this role. */
function addListeners(party: Party, role: Role, spokenTo: Set<OpenAlert>): void {
  const { sources, both, waiting, targets } = party
  if (role === 'targets' || role === 'waiting' || sources.size > 0) return
  if (role === 'sources') for (const open of [...both, ...waiting]) spokenTo.add(open)
  if (both.size === 0) for (const open of targets) spokenTo.add(open)
}

function roleOf(isSource: boolean, isTarget: boolean, isFiring: boolean): Role | undefined {
  if (!isSource) return isTarget ? 'targets' : undefined
  if (!isTarget) return isFiring ? 'sources' : undefined
  return isFiring ? 'both' : 'waiting'
}

const firstOf = <T>(set: ReadonlySet<T>): T | undefined => set.values().next().value

const keyOf = (labels: Labels, equal: readonly string[]): string =>
  equal.length === 1 ? (labels[equal[0]] ?? '') : JSON.stringify(equal.map((label) => labels[label] ?? ''))

const samePlaces = (one: readonly Place[], other: readonly Place[]): boolean =>
  one.length === other.length &&
  one.every(({ rule, key, role }, index) => {
    const same = other[index]
    return same.rule === rule && same.key === key && same.role === role
  })
