/** Nodes that somebody else scales, who comes and asks how many there should be, and is taken to do so. */
import type { ScalingTarget, TargetState } from '../../core/scaling.ts'

export class PullTarget implements ScalingTarget {
  readonly name = 'pull'
  readonly unit = 'node'
  #units: number

  constructor(units: number) {
    this.#units = units
  }

  scaleTo(units: number): Promise<void> {
    this.#units = units
    return Promise.resolve()
  }

  observe(): Promise<TargetState> {
    return Promise.resolve({ desired: this.#units, ready: this.#units })
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
