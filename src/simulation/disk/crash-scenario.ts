import type { Disk } from '../../core/disk.ts'
import type { Random } from '../../core/random.ts'
import type { VirtualClock } from '../virtual-clock.ts'
import type { SimulatedDisk } from './simulated-disk.ts'

/** From the start of a process to its end. */
export interface Life<Account> {
  /** What the code under test gets. */
  readonly disk: Disk
  /** The disk behind it, for its faults. */
  readonly simulated: SimulatedDisk
  readonly clock: VirtualClock
  readonly random: Random
  /** What was promised and what was tried so far, in all lives; kept by the scenario, outside of the disk. */
  readonly account: Account
  /** False: find what is there and compare, no more. */
  readonly working: boolean
}

/** Code under test with a promise to check. */
export interface CrashScenario<Account> {
  readonly name: string
  /** An empty account: plain data, as copies of it are made. */
  account(): Account
  /** Recovers what is on the disk, throws if the promise of the account is not kept, then works and notes promises. */
  live(life: Life<Account>): void | Promise<void>
}

/** What a scenario throws when something promised is not there, or something is there that must not be. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise'
}

/** A broken promise, or an error nobody expected, and the run that shows it again (`replayRun`). */
export interface Violation {
  readonly scenario: string
  readonly run: RunSeed
  /** What happened before: crashes with their points, and how the disk was found. */
  readonly story: readonly string[]
  readonly error: Error
}

/** One run: which workload, crashed first at which of its points. */
export interface RunSeed {
  readonly seed: number
  readonly workload: number
  readonly point: number
  /** Points of the workload when nothing happens. */
  readonly points: number
}
