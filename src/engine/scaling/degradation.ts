/** Degraded mode in the engine: the ladder, and what its rungs do. What is taken is always done as a whole, so it can't drift. */
import { Ladder, type LadderInputs, type LadderStep } from '../../scaling/degradation/ladder.ts'
import type { Config } from '../config/config.ts'

type Options = Config['scaling']['degradation']
type Rung = Options['ladder'][number]

export interface DegradationPorts {
  /** Readings pass by these pipelines, and by no others. */
  readonly pausePipelines: (names: readonly string[]) => Promise<void>
  /** One of so many readings of bulk is taken; 0 = all. */
  readonly sampleBulk: (keep: number) => void
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
  readonly #options: Options
  readonly #ports: DegradationPorts
  readonly #ladder: Ladder
  readonly #steps: LadderStep[] = []

  constructor(options: Options, ports: DegradationPorts) {
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
    const { pausePipelines, sampleBulk, onFailure } = this.#ports
    const paused = taken.flatMap((rung) => (rung.do === 'pause-pipelines' ? rung.pipelines : []))
    sampleBulk(Math.max(0, ...taken.map((rung) => (rung.do === 'sample-bulk' ? rung.keep : 0))))
    pausePipelines([...new Set(paused)]).catch(onFailure)
  }
}

const nameOf = (rung: Rung): string =>
  rung.do === 'pause-pipelines'
    ? `pause-pipelines ${rung.pipelines.join(', ')}`
    : `sample-bulk 1/${rung.keep}`
