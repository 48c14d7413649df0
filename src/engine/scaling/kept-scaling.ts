/** Scaling over restarts, where there is a data directory: read at the start, written every minute and at the end. */
import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import type { KeptCapacity } from './documents.ts'
import type { Config } from '../config/config.ts'
import { KeptFile, replaceFile } from './kept-file.ts'
import { FORECAST_FILE } from './open-forecaster.ts'

const EVERY_MS = 60_000
const LEARNED_EVERY_MS = 3_600_000

type OnFailure = (error: unknown) => void

export class KeptScalingOfEngine {
  /** What an earlier process has kept. */
  readonly state: KeptCapacity | undefined
  readonly #file: KeptFile<KeptCapacity> | undefined
  readonly #folder: string | null
  readonly #clock: Clock
  readonly #onFailure: OnFailure
  #make: (() => KeptCapacity) | undefined
  #snapshot: (() => Uint8Array) | undefined
  #stop = (): void => undefined

  private constructor(
    state: KeptCapacity | undefined,
    file: KeptFile<KeptCapacity> | undefined,
    folder: string | null,
    clock: Clock,
    onFailure: OnFailure,
  ) {
    this.state = state
    this.#file = file
    this.#folder = folder
    this.#clock = clock
    this.#onFailure = onFailure
  }

  /** What can't be read is told and begun anew. */
  static async open({ dataDir }: Config, clock: Clock, onFailure: OnFailure): Promise<KeptScalingOfEngine> {
    const file = dataDir === null ? undefined : new KeptFile<KeptCapacity>(dataDir)
    try {
      return new KeptScalingOfEngine(await file?.read(), file, dataDir, clock, onFailure)
    } catch (error) {
      onFailure(error)
      return new KeptScalingOfEngine(undefined, file, dataDir, clock, onFailure)
    }
  }

  /** From now on `make` says what is to be kept, and `snapshot` what the forecaster has learned. */
  keep(make: () => KeptCapacity, snapshot: () => Uint8Array): void {
    this.#make = make
    this.#snapshot = snapshot
    if (this.#file === undefined) return
    const stops = [
      this.#clock.every(EVERY_MS, () => void this.#write()),
      this.#clock.every(LEARNED_EVERY_MS, () => void this.#writeLearned()),
    ]
    this.#stop = () => stops.forEach((stop) => stop())
  }

  /** Something has changed that is to outlive a crash too. */
  now(): void {
    void this.#write()
  }

  async close(): Promise<void> {
    this.#stop()
    await this.#write()
    await this.#writeLearned()
  }

  async #writeLearned(): Promise<void> {
    if (this.#folder === null || this.#snapshot === undefined) return
    await replaceFile(join(this.#folder, FORECAST_FILE), this.#snapshot()).catch(this.#onFailure)
  }

  async #write(): Promise<void> {
    if (this.#make !== undefined) await this.#file?.write(this.#make()).catch(this.#onFailure)
  }
}
