import type { Incident, IncidentChange } from '../../core/incident.ts'
import { IncidentBook } from '../../incidents/incident-book.ts'
import type { AnomalyConfig } from './anomaly-order.ts'
import type { AnomalyNote } from './anomaly-scan.ts'

/** An incident that has opened, ended or become part of another, and when (event time). */
export interface IncidentNews {
  readonly incident: Incident
  readonly change: IncidentChange
  readonly time: number
}

/** Makes incidents of anomalies, in the order of their times; event time is that of the anomalies. */
export class IncidentFinder {
  readonly #book: IncidentBook
  readonly #devices = new Map<number, string>()
  readonly #metrics = new Map<number, string>()
  /** When everything that is open has ended: so long after the last anomaly. */
  readonly #restMs: number
  #waiting: AnomalyNote[] = []
  #news: IncidentNews[] = []
  #now = -Infinity

  constructor({ incidents }: Pick<AnomalyConfig, 'incidents'>) {
    const { correlations, maxOpen, maxTracked, listedMembers, history } = incidents
    this.#book = new IncidentBook({
      correlations: correlations.map((one) => ({ ...one, maxOpen, maxTracked, listedMembers })),
      history,
      names: {
        device: (id) => this.#devices.get(id) ?? `#${id.toString(16)}`,
        metric: (id) => this.#metrics.get(id) ?? `#${id}`,
      },
      joined: () => undefined,
      valueOf: (sighting, dimension) => (sighting as AnomalyNote).values[dimension],
    })
    this.#book.subscribe((incident, change) => {
      if (change !== 'updated') this.#news.push({ incident, change, time: this.#now })
    })
    const times = correlations.map((one) => Math.max(one.quietMs, one.silenceMs) + one.latenessMs)
    this.#restMs = 2 * Math.max(0, ...times)
  }

  get book(): Pick<IncidentBook, 'recent' | 'open'> {
    return this.#book
  }

  hear(notes: readonly AnomalyNote[]): void {
    for (const note of notes) {
      this.#devices.set(note.device, note.names.device)
      this.#metrics.set(note.metric, note.names.metric)
      this.#waiting.push(note)
    }
  }

  /** Nothing is heard any more that is older than `floor`: what has come of all that is. */
  advance(floor: number): readonly IncidentNews[] {
    const due = this.#waiting.filter(({ time }) => time <= floor).sort(byTime)
    if (due.length > 0) this.#waiting = this.#waiting.filter(({ time }) => time > floor)
    for (const note of due) this.#take(note)
    return this.#told()
  }

  /** The end of all readings: what is open ends when its time is over. */
  finish(): readonly IncidentNews[] {
    this.advance(Infinity)
    if (this.#now > -Infinity) this.#moveTo(this.#now + this.#restMs)
    return this.#told()
  }

  #take(note: AnomalyNote): void {
    this.#moveTo(note.time)
    if (note.recovered) this.#book.recover(note.device, note.metric, note.time)
    else this.#book.take(note)
  }

  #moveTo(time: number): void {
    if (!(time > this.#now)) return
    this.#now = time
    this.#book.advance(time)
  }

  #told(): readonly IncidentNews[] {
    const news = this.#news
    this.#news = []
    return news
  }
}

/** The same order whichever thread has found them. */
const byTime = (a: AnomalyNote, b: AnomalyNote): number =>
  a.time - b.time || a.device - b.device || a.metric - b.metric
