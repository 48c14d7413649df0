/** Degraded mode in the engine: the ladder, and what its rungs do. What is taken is always done as a whole, so it can't drift. */
import { tierIndex } from '../../core/tiers.ts'
import { type Economy, NO_ECONOMY } from '../../memory/economies.ts'
import { Ladder, type LadderInputs, type LadderStep } from '../../scaling/degradation/ladder.ts'
import type { Config } from '../config/config.ts'

export type DegradationOptions = Config['scaling']['degradation']
type Rung = DegradationOptions['ladder'][number]

export interface DegradationPorts {
  /** Readings pass by these pipelines, and by no others. */
  readonly pausePipelines: (names: readonly string[]) => Promise<void>
  /** What routers, workers and pipelines do without. */
  readonly economise: (economy: Economy) => void
  readonly onStep: (step: LadderStep) => void
  readonly onFailure: (error: unknown) => void
}

export interface DegradationState {
  readonly depth: number
  readonly rungs: readonly string[]
  readonly taken: readonly string[]
  /** The latest first. */
  readonly steps: readonly LadderStep[]
}

const MOST_STEPS = 100

export class Degradation {
  readonly #options: DegradationOptions
  readonly #ports: DegradationPorts
  readonly #ladder: Ladder
  readonly #steps: LadderStep[] = []

  constructor(options: DegradationOptions, ports: DegradationPorts) {
    this.#options = options
    this.#ports = ports
    this.#ladder = new Ladder({ ...options, rungs: options.ladder.map(nameOf) })
  }

  get state(): DegradationState {
    const { depth, taken } = this.#ladder
    return { depth, taken, rungs: this.#options.ladder.map(nameOf), steps: [...this.#steps].reverse() }
  }

  look(inputs: LadderInputs): void {
    const step = this.#ladder.look(inputs)
    if (step === undefined) return
    this.#steps.push(step)
    if (this.#steps.length > MOST_STEPS) this.#steps.shift()
    this.#apply(this.#options.ladder.slice(0, step.to))
    this.#ports.onStep(step)
  }

  #apply(taken: readonly Rung[]): void {
    const { pausePipelines, economise, onFailure } = this.#ports
    const paused = taken.flatMap((rung) => (rung.do === 'pause-pipelines' ? rung.pipelines : []))
    economise(taken.reduce(economyWith, NO_ECONOMY))
    pausePipelines([...new Set(paused)]).catch(onFailure)
  }
}

/** Of rungs of a kind the last one that is taken counts. */
function economyWith(economy: Economy, rung: Rung): Economy {
  switch (rung.do) {
    case 'longer-slices':
      return { ...economy, sliceReadings: rung.readings }
    case 'micro-batches':
      return { ...economy, batch: { ...rung, tiers: rung.tiers.map(tierIndex) } }
    case 'no-early-results':
      return { ...economy, hasEarlyResults: false }
    case 'sample-bulk':
      return { ...economy, bulkKeep: rung.keep }
    case 'pause-pipelines':
      return economy
  }
}

function nameOf(rung: Rung): string {
  switch (rung.do) {
    case 'longer-slices':
      return `longer-slices ${rung.readings}`
    case 'micro-batches':
      return `micro-batches ${rung.readings} within ${rung.delayMs} ms`
    case 'no-early-results':
      return 'no-early-results'
    case 'sample-bulk':
      return `sample-bulk 1/${rung.keep}`
    case 'pause-pipelines':
      return `pause-pipelines ${rung.pipelines.join(', ')}`
  }
}
