/** Every call that changes a disk is a point where the process can end: before it, part-way through it, or after it. */

export const CRASH_MOMENTS = ['before', 'during', 'after'] as const
export type CrashMoment = (typeof CRASH_MOMENTS)[number]

/** Not an error of the disk: the process is gone, and what catches this is code that would not have run. */
export class SimulatedCrash extends Error {
  constructor() {
    super('the simulated process has ended')
    this.name = 'SimulatedCrash'
  }
}

export class CrashPoints {
  #passed = 0
  #crashed = false
  #at = Infinity
  #moment: CrashMoment = 'before'

  /** Points passed, the one crashed at included. */
  get passed(): number {
    return this.#passed
  }

  get crashed(): boolean {
    return this.#crashed
  }

  /** `point` counts from 0. */
  crashAt(point: number, moment: CrashMoment): void {
    this.#at = point
    this.#moment = moment
  }

  /** Throws if the process has ended. */
  check(): void {
    if (this.#crashed) throw new SimulatedCrash()
  }

  /** Runs `effect` as the next point; `part` is what a crash during it leaves. */
  pass(effect: () => void, part: () => void): void {
    this.check()
    const crashes = this.#passed++ === this.#at
    if (!crashes) return effect()
    if (this.#moment === 'during') part()
    if (this.#moment === 'after') attempt(effect)
    this.#crashed = true
    throw new SimulatedCrash()
  }
}

/** Whether the call would have failed is something nobody lives to see. */
function attempt(effect: () => unknown): void {
  try {
    effect()
  } catch (error) {
    if (!(error instanceof Error)) throw error
  }
}
