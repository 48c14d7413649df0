import type { Alert } from '../core/alert.ts'
import type { AlertBook, AlertChange, AlertListener } from './alert-book.ts'

/** A change as it is noted down once it has been told. */
const noteOf = ({ id }: Alert, change: AlertChange): string => `${change} ${id}`

/**
 * Changes of alerts on their way outside. While the engine takes in again what it had accepted before its last end, they
 * are collected; at the end those are told that are not known to have been told then. (Updates are not: the next one
 * says as much.)
 */
export class AlertNews {
  readonly #listeners = new Set<AlertListener>()
  readonly #noteTold: (note: string) => void
  readonly #told = new Set<string>()
  #collected: { alert: Alert; change: AlertChange }[] | undefined

  /** `noteTold` is given what `wasTold` of a later process wants to hear. */
  constructor(book: AlertBook, noteTold: (note: string) => void = () => undefined) {
    this.#noteTold = noteTold
    book.subscribe((alert, change) => this.#take(alert, change))
  }

  /** Calls `listener` at each change; returns what ends it. */
  subscribe(listener: AlertListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
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
      if (!this.#told.has(noteOf(alert, change))) this.#tell(alert, change)
    }
    this.#told.clear()
  }

  #take(alert: Alert, change: AlertChange): void {
    if (this.#collected === undefined) this.#tell(alert, change)
    else if (change !== 'updated') this.#collected.push({ alert, change })
  }

  #tell(alert: Alert, change: AlertChange): void {
    for (const listener of this.#listeners) listener(alert, change)
    if (change !== 'updated') this.#noteTold(noteOf(alert, change))
  }
}
