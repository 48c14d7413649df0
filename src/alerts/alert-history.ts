import type { Alert } from '../core/alert.ts'

/** An alert that has ended, and the number of its latest change. */
export interface ClosedAlert {
  alert: Alert
  readonly sequence: number
}

/** The latest alerts that have ended: a ring. */
export class AlertHistory {
  readonly #room: number
  readonly #ring: ClosedAlert[] = []
  readonly #byId = new Map<string, ClosedAlert>()
  /** Where the next one goes once the ring is full. */
  #next = 0

  constructor(room: number) {
    this.#room = room
  }

  add(alert: Alert, sequence: number): void {
    if (this.#room === 0) return
    // what ended after a checkpoint ends again when the journal is taken in again
    if (this.#byId.has(alert.id)) return this.replace(alert)
    const closed = { alert, sequence }
    const gone = this.#ring[this.#next] as ClosedAlert | undefined
    if (gone !== undefined && this.#byId.get(gone.alert.id) === gone) this.#byId.delete(gone.alert.id)
    this.#ring[this.#next] = closed
    this.#byId.set(alert.id, closed)
    this.#next = (this.#next + 1) % this.#room
  }

  get(id: string): Alert | undefined {
    return this.#byId.get(id)?.alert
  }

  /** In place of what is there under its id, if anything is. */
  replace(alert: Alert): void {
    const closed = this.#byId.get(alert.id)
    if (closed !== undefined) closed.alert = alert
  }

  /** The latest first. */
  *newest(): Generator<ClosedAlert> {
    const count = this.#ring.length
    for (let back = 1; back <= count; back++) yield this.#ring[(this.#next - back + 2 * count) % count]
  }
}
