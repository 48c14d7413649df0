/** Scaling over restarts, where there is a data directory: read at the start, written every minute and at the end. */
import type { Clock } from '../../core/clock.ts'
import type { KeptScaling } from '../../scaling/scaling-loop.ts'
import type { Config } from '../config/config.ts'
import { KeptFile } from './kept-file.ts'

const EVERY_MS = 60_000

type OnFailure = (error: unknown) => void

export class KeptScalingOfEngine {
  /** What an earlier process has kept. */
  readonly state: KeptScaling | undefined
  readonly #file: KeptFile<KeptScaling> | undefined
  readonly #clock: Clock
  readonly #onFailure: OnFailure
  #make: (() => KeptScaling) | undefined
  #stop = (): void => undefined

  private constructor(
    state: KeptScaling | undefined,
    file: KeptFile<KeptScaling> | undefined,
    clock: Clock,
    onFailure: OnFailure,
  ) {
    this.state = state
    this.#file = file
    this.#clock = clock
    this.#onFailure = onFailure
  }

  /** What can't be read is told and begun anew. */
  static async open({ dataDir }: Config, clock: Clock, onFailure: OnFailure): Promise<KeptScalingOfEngine> {
    const file = dataDir === null ? undefined : new KeptFile<KeptScaling>(dataDir)
    try {
      return new KeptScalingOfEngine(await file?.read(), file, clock, onFailure)
    } catch (error) {
      onFailure(error)
      return new KeptScalingOfEngine(undefined, file, clock, onFailure)
    }
  }

  /** From now on `make` says what is to be kept. */
  keep(make: () => KeptScaling): void {
    this.#make = make
    if (this.#file !== undefined) this.#stop = this.#clock.every(EVERY_MS, () => void this.#write())
  }

  async close(): Promise<void> {
    this.#stop()
    await this.#write()
  }

  async #write(): Promise<void> {
    if (this.#make !== undefined) await this.#file?.write(this.#make()).catch(this.#onFailure)
  }
}
