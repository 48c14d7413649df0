import type { Labels } from './labels.ts'
import { type Matcher, matchesAll } from './matcher.ts'
import type { ActiveMute } from './open-alert.ts'

/** What tells alerts apart best comes first. */
const SELECTIVE = ['device', 'key', 'tenant', 'metric', 'region', 'rule']

/**
 * Mutes by one label and value that they ask for, so that an alert is compared with the few that could match it and not
 * with all. Those that ask for no value in particular are compared with every alert.
 */
export class MuteIndex {
  readonly #byLabel = new Map<string, Map<string, Set<ActiveMute>>>()
  readonly #others = new Set<ActiveMute>()

  add(mute: ActiveMute): void {
    const by = indexed(mute)
    if (by === undefined) this.#others.add(mute)
    else {
      const byValue = this.#byLabel.get(by.label) ?? new Map<string, Set<ActiveMute>>()
      this.#byLabel.set(by.label, byValue)
      byValue.set(by.value, (byValue.get(by.value) ?? new Set()).add(mute))
    }
  }

  remove(mute: ActiveMute): void {
    const by = indexed(mute)
    if (by === undefined) {
      this.#others.delete(mute)
      return
    }
    const byValue = this.#byLabel.get(by.label)
    const same = byValue?.get(by.value)
    same?.delete(mute)
    if (same?.size === 0) byValue?.delete(by.value)
    if (byValue?.size === 0) this.#byLabel.delete(by.label)
  }

  /** Undefined = none, which is what it is nearly always. */
  matching(labels: Labels): ActiveMute[] | undefined {
    let found: ActiveMute[] | undefined
    const look = (mute: ActiveMute): void => {
      if (matchesAll(mute.matchers, labels)) (found ??= []).push(mute)
    }
    for (const [label, byValue] of this.#byLabel) byValue.get(labels[label] ?? '')?.forEach(look)
    if (this.#others.size > 0) this.#others.forEach(look)
    return found
  }
}

function indexed({ matchers }: ActiveMute): Matcher | undefined {
  const equal = matchers.filter(({ operator, value }) => operator === '=' && value !== '')
  const rank = ({ label }: Matcher): number =>
    (SELECTIVE.indexOf(label) + SELECTIVE.length + 1) % (SELECTIVE.length + 1)
  return equal.sort((a, b) => rank(a) - rank(b))[0]
}
