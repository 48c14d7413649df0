/**
 * A scenario under one seed: the world goes on in steps of a tick, in shorter ones while something is congested or where
 * units become ready, and the loop decides whenever its time has come. The same scenario and seed give the same outcome, to the last bit.
 */
import type { DemandForecaster, ScalingDecision } from '../../core/scaling.ts'
import type { LadderStep } from '../../scaling/degradation/ladder.ts'
import type { ScalingAlert } from '../../scaling/alert-watch.ts'
import {
  type Calibration,
  DEFAULT_CALIBRATION,
  NODE_START,
  parseCalibration,
} from '../calibration/calibration.ts'
import { Measures } from '../result/measures.ts'
import { Timeline, type TimelineRow } from '../result/timeline.ts'
import type { LoadedScenario } from '../scenario/scenario-file.ts'
import type { PoolOptions } from '../scenario/world-options.ts'
import { Fleet } from '../traffic/fleet.ts'
import { VirtualClock } from '../virtual-clock.ts'
import { Anomalies } from '../world/anomalies.ts'
import { Faults } from '../world/faults.ts'
import { OfferedLoad } from '../world/offered.ts'
import { PoolWorld, type Waited } from '../world/pool-world.ts'
import { Control } from './control.ts'
import type { OperationResult } from './operations.ts'
import { Past } from './past.ts'

const FINE_MS = 100
const ROWS = 1500
const SECOND_MS = 1000
const ROUNDING = 1e-6
/** After so many, whatever else the process does has its turn. */
const SELFISH_STEPS = 1000

export interface RunOptions {
  /** Instead of the scenario's own. */
  readonly seed?: number | undefined
  /** False: only measured need counts, whatever the policies say. */
  readonly forecasts?: boolean | undefined
  /** Rows of the timeline are so long; when left out, there are about 1,500. */
  readonly rowMs?: number | undefined
  /** False: none, which is faster. */
  readonly timeline?: boolean | undefined
  /** Of the same scenario: what one seed has learned of the time before, another needn't learn again. */
  readonly past?: Past | undefined
}

export interface PoolOutcome {
  readonly name: string
  readonly options: PoolOptions
  readonly measures: Measures
  readonly rows: readonly TimelineRow[]
  readonly alerts: readonly ScalingAlert[]
  readonly decisions: readonly ScalingDecision[]
  /** Down the ladder of degraded mode, and up. */
  readonly steps: readonly LadderStep[]
  readonly operations: ReadonlyMap<string, OperationResult>
  /** Weighted absolute error of the forecast, as the forecaster sees itself; NaN = not known. */
  readonly forecastError: number
  readonly unitsAtEnd: number
  /** Readings that wait at the end, or that senders keep. */
  readonly unfinished: number
}

export interface Outcome {
  readonly scenario: LoadedScenario
  readonly seed: number
  readonly pools: readonly PoolOutcome[]
}

interface Part {
  readonly world: PoolWorld
  readonly control: Control
  readonly forecaster: DemandForecaster
  readonly measures: Measures
  readonly timeline: Timeline | undefined
  readonly waited: Waited
}

export async function simulate(scenario: LoadedScenario, options: RunOptions = {}): Promise<Outcome> {
  const run = new Simulation(scenario, options)
  await run.run()
  return run.outcome()
}

class Simulation {
  readonly #scenario: LoadedScenario
  readonly #options: RunOptions
  readonly #seed: number
  readonly #clock: VirtualClock
  readonly #faults: Faults
  readonly #anomalies: Anomalies
  readonly #offered: OfferedLoad
  readonly #parts: readonly Part[]

  constructor(scenario: LoadedScenario, options: RunOptions) {
    this.#scenario = scenario
    this.#options = options
    this.#seed = options.seed ?? scenario.seed
    this.#clock = new VirtualClock(scenario.start)
    this.#faults = new Faults(scenario, this.#seed)
    this.#anomalies = new Anomalies(scenario.anomalies, this.#seed)
    const fleet = new Fleet(scenario, this.#seed)
    const parts: Part[] = []
    this.#offered = new OfferedLoad({
      ...{ scenario, fleet, faults: this.#faults, anomalies: this.#anomalies },
      isServing: (pool) => parts[pool].world.workers > 0,
      silenced: (pool) => parts[pool].control.operations.silenced,
    })
    const calibration =
      scenario.calibrationText === undefined
        ? DEFAULT_CALIBRATION
        : parseCalibration(scenario.calibrationText, scenario.calibration!)
    const past = options.past ?? new Past(scenario)
    past
      .forecasters(this.#seed, options.forecasts ?? true)
      .forEach((forecaster, index) => parts.push(this.#build(index, calibration, forecaster)))
    this.#parts = parts
  }

  async run(): Promise<void> {
    const { duration, tick } = this.#scenario
    for (const { control } of this.#parts) control.begin()
    await others()
    for (let steps = 1; this.#clock.nowMs() < duration - ROUNDING; steps++) {
      const now = this.#clock.nowMs()
      const ms = Math.min(this.#longestFrom(now), tick - (now % tick), duration - now)
      this.#step(now, ms)
      // in two parts, so that what is answered in the first counts in the second; without a timer there is no answer
      if (this.#clock.advance(ms / 2)) await answers()
      if (this.#clock.advance(ms - ms / 2)) await answers()
      this.#foretell()
      if (steps % SELFISH_STEPS === 0) await others()
    }
    for (const { measures } of this.#parts) measures.end()
  }

  outcome(): Outcome {
    const pools = this.#parts.map(({ world, control, measures, timeline, forecaster }) => ({
      ...{ name: world.options.name, options: world.options, measures, rows: timeline?.rows ?? [] },
      ...{ alerts: control.alerts, decisions: control.loop.decisions.since(0) },
      ...{ steps: control.steps, operations: control.operations.results() },
      forecastError: forecaster.accuracy().wape,
      unitsAtEnd: world.capacity.ready + world.capacity.starting,
      unfinished: world.unfinished,
    }))
    return { scenario: this.#scenario, seed: this.#seed, pools }
  }

  /** Steps are fine where it's not calm; where it is, they end as soon as units are ready, or their loss is noticed. */
  #longestFrom(now: number): number {
    let next = Infinity
    for (const { world } of this.#parts) {
      if (!world.isCalm) return FINE_MS
      next = Math.min(next, world.capacity.nextMs)
    }
    return Math.max(1, Math.ceil((next - now) / FINE_MS)) * FINE_MS
  }

  #step(now: number, ms: number): void {
    this.#offered.step(now, ms)
    this.#parts.forEach(({ world, control, measures, timeline, waited }, index) => {
      control.occupy()
      world.step(now, ms, this.#offered.pools[index], waited)
      const standing = control.standing()
      measures.step(world, standing, now, ms)
      timeline?.step(world, { held: standing.held, rung: control.rung, events: this.#eventsAt(now) }, now, ms)
    })
  }

  #foretell(): void {
    if (this.#clock.nowMs() % SECOND_MS > ROUNDING) return
    for (const { control, timeline } of this.#parts) {
      const forecast = control.decision?.forecast
      if (forecast?.isTrusted)
        timeline?.foretell(this.#clock.nowMs() + forecast.leadMs, forecast.expected, forecast.upper)
    }
  }

  #eventsAt(now: number): string[] {
    const anomaly = this.#anomalies.isActive(now) ? ['anomaly'] : []
    const operations = this.#parts.some(({ world }) => world.operating > 0) ? ['maintenance'] : []
    const degraded = this.#parts.some(({ control }) => control.rung > 0) ? ['degraded'] : []
    return [...this.#faults.activeAt(now), ...anomaly, ...operations, ...degraded]
  }

  #build(index: number, calibration: Calibration, forecaster: DemandForecaster): Part {
    const { start: startMs, duration, maintenance, pools } = this.#scenario
    const options = pools[index]
    const [clock, faults, seed] = [this.#clock, this.#faults, this.#seed]
    const serviceRate = options.serviceRate ?? calibration.workerReadingsPerSecond
    const { median, p99 } = calibration.workerStartMs
    const start =
      options.start ?? (options.unit === 'node' ? NODE_START : { least: median, most: Math.max(median, p99) })
    const series = this.#offered.pools[index].series
    const world = new PoolWorld({ options, index, seed, faults, serviceRate, start }, series.length)
    const operations = maintenance.filter(({ pool }) => (pool ?? pools[0].name) === options.name)
    const control = new Control({
      ...{ clock, startMs, seed, pool: world, faults, forecaster, operations, serviceRate },
      startMostMs: start.most,
    })
    const rowMs =
      this.#options.rowMs ?? Math.max(SECOND_MS, Math.ceil(duration / ROWS / SECOND_MS) * SECOND_MS)
    const timeline = this.#options.timeline === false ? undefined : new Timeline(startMs, rowMs)
    const measures = new Measures()
    return { world, control, forecaster, measures, timeline, waited: bothOf(measures, timeline) }
  }
}

function bothOf(measures: Measures, timeline: Timeline | undefined): Waited {
  if (timeline === undefined) return measures.waited
  return (track, amount, ms) => {
    measures.waited(track, amount, ms)
    timeline.waited(track, amount, ms)
  }
}

/** Promises that can go on have gone on when this resolves: within a promise, ticks come after all of them. */
const answers = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve))

/** Others have their turn, too, such as who wants to end the process. */
const others = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
