/**
 * The open-loop schedule: when each frame is meant to leave, whatever the server does. Time is milliseconds since the
 * start of the run, a rate is frames per second. `framesBy` is the integral of the rate and `timeOf` its inverse.
 */
export interface Schedule {
  /** False if there is no schedule: send as fast as the connections take it. */
  readonly openLoop: boolean
  /** Frames meant to have left before `elapsedMs`; fractional. */
  framesBy(elapsedMs: number): number
  /** When frame `frame` (0, 1, …, may be fractional) is meant to leave; Infinity if never. */
  timeOf(frame: number): number
}

/** Always the same rate. */
export function steady(framesPerSecond: number): Schedule {
  const perMs = framesPerSecond / 1000
  return {
    openLoop: true,
    framesBy: (elapsedMs) => perMs * Math.max(0, elapsedMs),
    timeOf: (frame) => frame / perMs,
  }
}

/** A rate that goes evenly from `from` to `to` within `rampMs` and stays there. */
export function ramp(from: number, to: number, rampMs: number): Schedule {
  const slope = (to - from) / 1000 / rampMs
  const startPerMs = from / 1000
  const endPerMs = to / 1000
  const rampFrames = ((startPerMs + endPerMs) / 2) * rampMs
  return {
    openLoop: true,
    framesBy(elapsedMs) {
      const t = Math.min(Math.max(0, elapsedMs), rampMs)
      return startPerMs * t + (slope / 2) * t * t + endPerMs * Math.max(0, elapsedMs - rampMs)
    },
    timeOf(frame) {
      if (frame > rampFrames) return rampMs + (frame - rampFrames) / endPerMs
      // 2n / (r + √(r² + 2sn)) is the root that stays exact while the slope goes to zero
      const root = Math.sqrt(Math.max(0, startPerMs * startPerMs + 2 * slope * frame))
      return frame === 0 ? 0 : (2 * frame) / (startPerMs + root)
    },
  }
}

/** No schedule: everything is due at once. */
export const saturating: Schedule = { openLoop: false, framesBy: () => Infinity, timeOf: () => 0 }

/** Rounding of the products below; a frame this close to its time is taken as due. */
const SLACK_FRAMES = 1e-6

/** One sender's part of a schedule: `weight` of all frames, the first one `phase` (0 … 1) of a frame late. */
export class Pace {
  readonly openLoop: boolean
  readonly #schedule: Schedule
  readonly #weight: number
  readonly #phase: number

  constructor(schedule: Schedule, weight: number, phase: number) {
    this.openLoop = schedule.openLoop
    this.#schedule = schedule
    this.#weight = weight
    this.#phase = phase
  }

  /** Number of own frames whose intended time lies before `elapsedMs`. */
  dueBy(elapsedMs: number): number {
    const share = this.#schedule.framesBy(elapsedMs) * this.#weight
    return Math.max(0, Math.ceil(share - this.#phase - SLACK_FRAMES))
  }

  /** Intended time of own frame `frame` (0, 1, …). */
  intendedAt(frame: number): number {
    return this.#schedule.timeOf((frame + this.#phase) / this.#weight)
  }
}
