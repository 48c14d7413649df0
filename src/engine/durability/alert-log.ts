import type { Alert } from '../../core/alert.ts'

interface Entry {
  readonly ticket: number
  readonly alert: Alert
}

/**
 * What alerts have become while a checkpoint is taken. Each shard is captured at an instant of its own; the ticket of the
 * worker's message says whether a change came before it.
 */
export class AlertLog {
  #entries: Entry[] | undefined
  #atBegin: readonly Alert[] = []

  /** Begins anew; `open` = the alerts that are open now. */
  begin(open: readonly Alert[]): void {
    this.#atBegin = open
    this.#entries = []
  }

  note(ticket: number, alert: Alert): void {
    this.#entries?.push({ ticket, alert })
  }

  /**
   * The alerts that were open when their shard was captured; `tickets` = by shard, the first ticket after that.
   * Everything below the tickets must have been noted. Ends the log.
   */
  end(tickets: readonly number[], shardOf: (series: bigint) => number): Alert[] {
    const open = new Map(this.#atBegin.map((alert) => [alert.id, alert]))
    for (const { ticket, alert } of this.#entries ?? []) {
      if (((ticket - tickets[shardOf(BigInt(alert.series))]) | 0) >= 0) continue
      if (alert.state !== 'resolved') open.set(alert.id, alert)
      else open.delete(alert.id)
    }
    this.#entries = undefined
    this.#atBegin = []
    return [...open.values()]
  }
}
