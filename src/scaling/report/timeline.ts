/** Demand, forecast and capacity minute by minute, the latest two days. */
export interface TimelinePoint {
  /** Beginning of the minute. */
  readonly at: number
  /** Highest demand of any second, readings per second. */
  demand: number
  /** What was expected at most within the lead time, and its upper quantile; null = nothing. */
  expected: number | null
  upper: number | null
  /** Readings per second that the units could do at least; null = not known. */
  capacity: number | null
  ready: number
  desired: number
  /** Most readings that waited. */
  waiting: number
  refused: number
}

const MINUTE_MS = 60_000
export const TIMELINE_MINUTES = 2880

export class Timeline {
  #points: TimelinePoint[] = []

  get points(): readonly TimelinePoint[] {
    return this.#points
  }

  /** Takes a second in; `at` counts, the beginning of its minute is put in its place. */
  add(second: TimelinePoint): void {
    const at = Math.floor(second.at / MINUTE_MS) * MINUTE_MS
    const last = this.#points.at(-1)
    if (last?.at === at) return join(last, second)
    this.#points.push({ ...second, at })
    if (this.#points.length > TIMELINE_MINUTES) this.#points.shift()
  }

  restore(points: readonly TimelinePoint[]): void {
    this.#points = [...points]
  }
}

function join(point: TimelinePoint, second: TimelinePoint): void {
  point.demand = Math.max(point.demand, second.demand)
  point.expected = most(point.expected, second.expected)
  point.upper = most(point.upper, second.upper)
  point.capacity =
    point.capacity === null ? second.capacity : Math.min(point.capacity, second.capacity ?? Infinity)
  point.ready = second.ready
  point.desired = second.desired
  point.waiting = Math.max(point.waiting, second.waiting)
  point.refused += second.refused
}

const most = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.max(a, b)
