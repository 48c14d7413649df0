/** Local time of a region: days and hours as people there have them, with their clock changes. */

const DAY_MS = 86_400_000
/** Clocks change at most so often; so long an offset is taken for granted. */
const STEP_MS = 15 * 60_000
const STEPS_PER_DAY = DAY_MS / STEP_MS
/** 1970-01-01 was one. */
const THURSDAY = 4

/** Offsets by zone and step of time: of a swarm every seed asks for the same ones. */
const OFFSETS = new Map<string, Map<number, number>>()

export class LocalClock {
  readonly #zone: string
  readonly #isUtc: boolean
  readonly #offsets: Map<number, number>
  #format: Intl.DateTimeFormat | undefined
  #step = NaN
  #offsetMs = 0

  constructor(zone: string) {
    this.#zone = zone
    this.#isUtc = zone === 'UTC'
    this.#offsets = OFFSETS.get(zone) ?? new Map<number, number>()
    OFFSETS.set(zone, this.#offsets)
  }

  /** Milliseconds since 1970 as the clocks there show them. */
  localMs(epochMs: number): number {
    if (this.#isUtc) return epochMs
    const step = Math.floor(epochMs / STEP_MS)
    if (step !== this.#step) {
      this.#step = step
      this.#offsetMs = this.#offsets.get(step) ?? this.#measure(step)
    }
    return epochMs + this.#offsetMs
  }

  /** A day at whose ends it is the same has it all the time: clocks do not change twice a day. */
  #measure(step: number): number {
    const first = step - (step % STEPS_PER_DAY)
    const offset = this.#offsetOf(first)
    if (offset !== this.#offsetOf(first + STEPS_PER_DAY)) return this.#offsetOf(step)
    for (let other = first + 1; other < first + STEPS_PER_DAY; other++) this.#offsets.set(other, offset)
    return offset
  }

  #offsetOf(step: number): number {
    const offset = this.#offsets.get(step) ?? this.#offsetAt(step * STEP_MS)
    this.#offsets.set(step, offset)
    return offset
  }

  #offsetAt(epochMs: number): number {
    this.#format ??= new Intl.DateTimeFormat('en-US', {
      ...{ timeZone: this.#zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' },
      ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
    })
    const part = new Map(this.#format.formatToParts(epochMs).map(({ type, value }) => [type, Number(value)]))
    const of = (name: Intl.DateTimeFormatPartTypes): number => part.get(name) ?? 0
    const shown = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'))
    return shown - Math.floor(epochMs / 1000) * 1000
  }
}

/** Milliseconds since midnight, of local milliseconds. */
export const sinceMidnight = (localMs: number): number => ((localMs % DAY_MS) + DAY_MS) % DAY_MS

/** 0 = Sunday. */
export const dayOf = (localMs: number): number => (((Math.floor(localMs / DAY_MS) + THURSDAY) % 7) + 7) % 7
