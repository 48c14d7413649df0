/**
 * One run: a first life that crashes at a given point, then some lives that crash anywhere (in their recovery too), then
 * one that is left in peace. At every crash the disk is drawn several times; each of these disks must keep the promise,
 * and life goes on with one of them.
 */
import type { Disk } from '../../core/disk.ts'
import type { Random } from '../../core/random.ts'
import { chanceOf } from '../chance.ts'
import { VirtualClock } from '../virtual-clock.ts'
import { CRASH_MOMENTS } from './crash-points.ts'
import type { CrashScenario, RunSeed, Violation } from './crash-scenario.ts'
import { SimulatedDisk } from './simulated-disk.ts'

export interface RunOptions {
  /** Between the code under test and the simulated disk: the place of planted bugs. */
  readonly wrap: (disk: Disk) => Disk
  /** Disks drawn and checked at every crash. */
  readonly disksPerCrash: number
  /** Lives that crash after the first. */
  readonly moreLives: number
  /** Share of crashes that end the process but not the machine. */
  readonly kills: number
  /** Share of power cuts that tear sectors, a fifth of the unsynced ones. */
  readonly torn: number
}

export interface RunTally {
  crashes: number
  powerCuts: number
  kills: number
  /** Disks recovered from and compared. */
  checks: number
  calls: number
}

export const emptyTally = (): RunTally => ({ crashes: 0, powerCuts: 0, kills: 0, checks: 0, calls: 0 })

type WorkloadSeed = Pick<RunSeed, 'seed' | 'workload'>

/** Numbers that keep the chances of a run apart. */
const WORKLOAD = 1
const RUN = 2
const DISK = 3

export class CrashRun<Account> {
  readonly story: string[] = []
  readonly #scenario: CrashScenario<Account>
  readonly #seed: RunSeed
  readonly #options: RunOptions
  readonly #tally: RunTally
  readonly #random: Random
  readonly #clock = new VirtualClock()
  #account: Account
  #disk: SimulatedDisk
  #lives = 0

  constructor(scenario: CrashScenario<Account>, seed: RunSeed, options: RunOptions, tally: RunTally) {
    this.#scenario = scenario
    this.#seed = seed
    this.#options = options
    this.#tally = tally
    this.#account = scenario.account()
    this.#random = chanceOf(RUN, seed.seed, seed.workload, seed.point)
    this.#disk = newDisk(seed, this.#clock)
  }

  async run(): Promise<Violation | undefined> {
    try {
      await this.#lifeUntil(this.#seed.point)
      const more = Math.floor(this.#random() * (this.#options.moreLives + 1))
      for (let i = 0; i < more; i++) await this.#lifeUntil(Math.floor(this.#random() * this.#seed.points))
      await this.#live(this.#disk, this.#account, true)
      await this.#checkFound()
      return undefined
    } catch (error) {
      const { name: scenario } = this.#scenario
      return { scenario, run: this.#seed, story: this.story, error: asError(error) }
    }
  }

  /** A life that ends at `point` of its calls; if it doesn't come to that, by a crash when all is done. */
  async #lifeUntil(point: number): Promise<void> {
    const moment = CRASH_MOMENTS[Math.floor(this.#random() * CRASH_MOMENTS.length)]
    this.#disk.points.crashAt(point, moment)
    this.#lives++
    await this.#live(this.#disk, this.#account, true)
    const { passed, crashed } = this.#disk.points
    this.#tell(crashed ? `crashed ${moment} call ${point}` : `did its work, ${passed} calls, then crashed`)
    this.#tally.crashes++
    await this.#checkFound()
  }

  /** Draws disks from the crash, checks each, and goes on with another one. */
  async #checkFound(): Promise<void> {
    for (let i = 0; i < this.#options.disksPerCrash; i++) {
      const found = this.#found()
      await this.#live(found, structuredClone(this.#account), false)
      this.#tally.checks++
      this.story.pop()
    }
    this.#disk = this.#found()
  }

  #found(): SimulatedDisk {
    const { kills, torn } = this.#options
    if (this.#random() < kills) {
      this.#tally.kills++
      this.#tell('process killed, disk as written')
      return this.#disk.afterKill(this.#random)
    }
    this.#tally.powerCuts++
    const tears = this.#random() < torn
    this.#tell(`power cut${tears ? ', sectors torn' : ''}`)
    return this.#disk.afterPowerCut({ random: this.#random, torn: tears ? 0.2 : 0 })
  }

  /** Ends normally, by the crash that was planned, or with what must not happen. */
  async #live(simulated: SimulatedDisk, account: Account, working: boolean): Promise<void> {
    const random = workChance(this.#seed, this.#lives)
    const disk = this.#options.wrap(simulated)
    try {
      await this.#scenario.live({ disk, simulated, clock: this.#clock, random, account, working })
    } catch (error) {
      if (!simulated.points.crashed) throw error
    }
    this.#tally.calls += simulated.points.passed
  }

  #tell(what: string): void {
    this.story.push(`life ${this.#lives}: ${what}`)
  }
}

/** Calls that the first life of a workload makes when nothing happens to it. */
export async function countPoints<Account>(
  scenario: CrashScenario<Account>,
  seed: WorkloadSeed,
  wrap: (disk: Disk) => Disk,
): Promise<number> {
  const clock = new VirtualClock()
  const simulated = newDisk(seed, clock)
  const random = workChance(seed, 1)
  const account = scenario.account()
  await scenario.live({ disk: wrap(simulated), simulated, clock, random, account, working: true })
  return simulated.points.passed
}

/** The same for every point of a workload, so that its calls are the same up to the crash. */
function workChance({ seed, workload }: WorkloadSeed, life: number): Random {
  return chanceOf(WORKLOAD, seed, workload, life)
}

function newDisk({ seed, workload }: WorkloadSeed, clock: VirtualClock): SimulatedDisk {
  return new SimulatedDisk(chanceOf(DISK, seed, workload), (ms) => clock.advance(ms))
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
