/**
 * The fleet: streams of readings, one for each group in each region, with their rates at any time. What outages,
 * anomalies and maintenance do to them is said elsewhere.
 */
import { type Tier, tierIndex } from '../../core/tiers.ts'
import { chanceOf } from '../chance.ts'
import type { GroupOptions } from '../scenario/fleet-options.ts'
import type { LoadedScenario } from '../scenario/scenario-file.ts'
import { Happening } from './happening.ts'
import { LocalClock } from './local-clock.ts'
import { Noise } from './noise.ts'
import { Onboarding } from './onboarding.ts'
import { type Point, pointsOf } from './places.ts'
import { type Shape, shapeOf } from './shapes.ts'

/** Where the draws of a seed come from; each source has a number of its own. */
const SOURCE = { places: 1, events: 2, streams: 3 }

/** Readings of one group in one region. */
export interface Stream {
  readonly group: string
  readonly region: string
  readonly tier: Tier
  readonly tierIndex: number
  readonly devices: number
  /** Readings per second of a device when all factors are 1. */
  readonly each: number
}

interface Course {
  readonly shapes: readonly Shape[]
  readonly noises: readonly Noise[]
  readonly onboardings: readonly Onboarding[]
  readonly events: readonly { event: Happening; reached: ReturnType<Happening['reach']> }[]
  readonly clock: LocalClock
}

export class Fleet {
  readonly streams: readonly Stream[]
  readonly events: readonly Happening[]
  /** Readings per second of each stream, as of the last `step`. */
  readonly rates: Float64Array
  /** Devices that joined in the last step, by stream. */
  readonly joined: Float64Array
  readonly #courses: readonly Course[]
  readonly #startMs: number

  constructor(scenario: LoadedScenario, seed: number) {
    const chance = chanceOf(seed, SOURCE.events)
    this.#startMs = scenario.start
    this.events = scenario.events
      .filter(({ chance: likely }) => chance() < likely)
      .map((given) => new Happening(given, chance))
    const clocks = new Map(scenario.regions.map(({ name, zone }) => [name, new LocalClock(zone)]))
    const built = scenario.fleet.flatMap((group, index) => {
      const points = pointsOf(group, scenario.regions, chanceOf(seed, SOURCE.places, index))
      return scenario.regions.flatMap(({ name }, region) => {
        const here = points.filter((point) => point.region === name)
        if (here.length === 0) return []
        const clock = clocks.get(name) as LocalClock
        const random = chanceOf(seed, SOURCE.streams, index, region)
        return [this.#build(scenario, group, name, here, clock, random)]
      })
    })
    this.streams = built.map(({ stream }) => stream)
    this.#courses = built.map(({ course }) => course)
    this.rates = new Float64Array(this.streams.length)
    this.joined = new Float64Array(this.streams.length)
  }

  /** Works out the rates of the step of `ms` that begins `sinceMs` after the start; before it, as usual. */
  step(sinceMs: number, ms: number): void {
    for (let index = 0; index < this.rates.length; index++) this.#stepOne(index, sinceMs, ms)
  }

  #stepOne(index: number, sinceMs: number, ms: number): void {
    const { shapes, noises, onboardings, events, clock } = this.#courses[index]
    const { devices, each } = this.streams[index]
    const localMs = clock.localMs(this.#startMs + sinceMs)
    let factor = 1
    for (const shape of shapes) factor *= shape(sinceMs, localMs)
    for (const noise of noises) factor *= noise.step(ms)
    for (const { event, reached } of events) factor *= event.factor(sinceMs, reached)
    let flushed = 0
    let joined = 0
    let present = devices
    for (const onboarding of onboardings) {
      const newly = onboarding.joinedBy(sinceMs + ms) - onboarding.joinedBy(sinceMs)
      present += onboarding.joinedBy(sinceMs)
      joined += newly
      flushed += (newly * onboarding.flush * 1000) / ms
    }
    this.joined[index] = joined
    this.rates[index] = present * each * factor + flushed
  }

  #build(
    scenario: LoadedScenario,
    group: GroupOptions,
    region: string,
    points: readonly Point[],
    clock: LocalClock,
    random: () => number,
  ) {
    const share = points.reduce((sum, point) => sum + point.share, 0)
    const devices = group.devices * share
    const stream: Stream = {
      ...{ group: group.name, region, tier: group.tier, tierIndex: tierIndex(group.tier), devices },
      each: 1000 / group.every,
    }
    const parts = { random, startMs: scenario.start, devices, traceOf: traceIn(scenario) }
    const course: Course = {
      clock,
      shapes: group.traffic.flatMap((given) => shapeOf(given, parts) ?? []),
      noises: group.traffic.flatMap(({ noise }) =>
        noise === undefined ? [] : [new Noise(noise.share, noise.over, random)],
      ),
      onboardings: group.traffic.flatMap(({ onboarding }) =>
        onboarding === undefined ? [] : [new Onboarding(onboarding, share, random)],
      ),
      events: this.events.flatMap((event) => {
        const reached = event.reach(group.name, points)
        return reached.length === 0 ? [] : [{ event, reached }]
      }),
    }
    return { stream, course }
  }
}

const traceIn =
  ({ traces }: LoadedScenario) =>
  (file: string, column: string) => {
    const trace = traces.get(`${file}#${column}`)
    if (trace === undefined) throw new Error(`the trace ${file} was not loaded`)
    return trace
  }
