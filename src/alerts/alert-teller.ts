import type { Alert, AlertChange } from '../core/alert.ts'

export type AlertListener = (alert: Alert, change: AlertChange) => void

/** Tells of changes in their order, also of those that a listener makes while it is told of one. */
export class AlertTeller<Told> {
  readonly #listeners = new Set<(told: Told) => void>()
  #waiting: Told[] = []
  #isTelling = false

  /** Calls `listener` at each change; returns what ends it. */
  subscribe(listener: (told: Told) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  tell(told: Told): void {
    if (this.#isTelling) {
      this.#waiting.push(told)
      return
    }
    this.#isTelling = true
    try {
      this.#tellAll(told)
    } finally {
      this.#isTelling = false
    }
  }

  #tellAll(told: Told): void {
    for (const listener of this.#listeners) listener(told)
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting
      this.#waiting = []
      for (const next of waiting) for (const listener of this.#listeners) listener(next)
    }
  }
}
