import type { Alert, AlertChange } from '../core/alert.ts'
import type { AlertBook } from './alert-book.ts'
import { type AlertListener, AlertTeller } from './alert-teller.ts'
import { PENDING } from './open-alert.ts'

/** A change as it is noted down once it has been told. */
const noteOf = ({ id }: Alert, change: AlertChange): string => `${change} ${id}`

/** That an alert has begun or ended follows from readings, which can come again. The rest doesn't, or needn't be told twice. */
const isNoted = ({ suppressedBy }: Alert, change: AlertChange): boolean =>
  change === 'raised' || (change === 'resolved' && !suppressedBy.includes(PENDING))

/** What comes next says as much, or nobody knew of the alert. */
const isWorthTelling = (alert: Alert, change: AlertChange): boolean =>
  change !== 'updated' && change !== 'pending' && (change !== 'resolved' || isNoted(alert, change))

/** `id` names it to whoever follows; updates, which are many, have none. */
export interface AlertTold {
  readonly alert: Alert
  readonly change: AlertChange
  readonly id: string | undefined
}

/** For whoever was away for a moment. */
const KEPT = 1000

/**
 * Changes of alerts on their way outside. While the engine takes in again what it had accepted before its last end, they
 * are collected; at the end those are told that are not known to have been told then. (Updates are not, nor what was merely
 * pending: what comes next says as much.)
 */
export class AlertNews {
  readonly #book: AlertBook
  readonly #teller = new AlertTeller<AlertTold>()
  readonly #noteTold: (note: string) => void
  readonly #told = new Set<string>()
  /** The latest that were told, the oldest first. */
  readonly #latest: AlertTold[] = []
  readonly #run: string
  #count = 0
  #collected: { alert: Alert; change: AlertChange }[] | undefined

  /** `noteTold` is given what `wasTold` of a later process wants to hear; `run` tells processes apart. */
  constructor(book: AlertBook, noteTold: (note: string) => void = () => undefined, run = '') {
    this.#book = book
    this.#noteTold = noteTold
    this.#run = run
    book.subscribe((alert, change) => this.#take(alert, change))
  }

  /** Calls `listener` at each change; returns what ends it. */
  subscribe(listener: AlertListener): () => void {
    return this.#teller.subscribe(({ alert, change }) => listener(alert, change))
  }

  /** The same with what names the change to who comes back later. */
  follow(listener: (told: AlertTold) => void): () => void {
    return this.#teller.subscribe(listener)
  }

  /** What was told after that, as far as it is kept; everything kept if the id is none of this process. */
  since(id: string): AlertTold[] {
    const from = this.#latest.findIndex((told) => told.id === id)
    return this.#latest.slice(from + 1)
  }

  /** From now on changes are collected. */
  hold(): void {
    this.#collected ??= []
  }

  /** Told before the engine's last end. */
  wasTold(note: string): void {
    this.#told.add(note)
  }

  /** Tells what was collected and is news. */
  release(): void {
    const collected = this.#collected ?? []
    this.#collected = undefined
    for (const { alert, change } of collected) {
      if (!isWorthTelling(alert, change) || this.#isKnown(alert, change)) continue
      this.#tell(change === 'raised' ? this.#asItStands(alert) : alert, change)
    }
  }

  /** It was told before the engine's last end; some of it only comes again when windows of quiet shards are over. */
  #isKnown(alert: Alert, change: AlertChange): boolean {
    return this.#told.size > 0 && this.#told.delete(noteOf(alert, change))
  }

  /** While it was collected nobody knew yet whether it is to be told. */
  #asItStands(alert: Alert): Alert {
    const { suppressedBy } = this.#book.get(alert.id) ?? alert
    return { ...alert, suppressedBy }
  }

  #take(alert: Alert, change: AlertChange): void {
    if (this.#collected === undefined) {
      if (!this.#isKnown(alert, change)) this.#tell(alert, change)
    } else if (change !== 'updated') this.#collected.push({ alert, change })
  }

  #tell(alert: Alert, change: AlertChange): void {
    const told = { alert, change, id: change === 'updated' ? undefined : `${this.#run}-${++this.#count}` }
    if (told.id !== undefined) this.#latest.push(told)
    if (this.#latest.length > KEPT) this.#latest.shift()
    this.#teller.tell(told)
    if (isNoted(alert, change)) this.#noteTold(noteOf(alert, change))
  }
}
