import type { Clock } from '../../core/clock.ts'
import { MillraceError } from '../../core/errors.ts'
import {
  ADMIT_ALL,
  decideStorage,
  type StorageDecision,
  type StoragePressure,
  type StorageThresholds,
} from './storage-policy.ts'
import { causeOf, STORAGE_OK, type StorageCause, type StorageState } from './storage-state.ts'

/** Failed attempts to write are repeated after this, then twice as long each time, up to the second. */
const FIRST_RETRY_MS = 50
const LONGEST_RETRY_MS = 2000

/** Keeps account of how the disk does, and tells when that has changed. */
export class StorageWatch {
  readonly #clock: Clock
  readonly #thresholds: StorageThresholds
  readonly #onState: (state: StorageState) => void
  #decision: StorageDecision = ADMIT_ALL
  #failure: MillraceError | undefined
  #shortage: MillraceError | undefined
  #retryMs = FIRST_RETRY_MS
  #retryAtMs = 0
  #state = STORAGE_OK

  constructor(clock: Clock, thresholds: StorageThresholds, onState: (state: StorageState) => void) {
    this.#clock = clock
    this.#thresholds = thresholds
    this.#onState = onState
  }

  get state(): StorageState {
    return this.#state
  }

  /** When to try again what has failed; 0 = nothing has. Monotonic. */
  get retryAtMs(): number {
    return this.#failure === undefined ? 0 : this.#retryAtMs
  }

  /** Records could not be written or made safe. */
  noteFailure(error: unknown): void {
    this.#failure = onlyStorage(error)
    this.#retryAtMs = this.#clock.nowMs() + this.#retryMs
    this.#retryMs = Math.min(2 * this.#retryMs, LONGEST_RETRY_MS)
  }

  noteSuccess(): void {
    this.#failure = undefined
    this.#retryMs = FIRST_RETRY_MS
  }

  /** There is no room to work ahead; undefined = there is again. */
  noteShortage(error: unknown): void {
    this.#shortage = error === undefined ? undefined : onlyStorage(error)
  }

  get isShort(): boolean {
    return this.#shortage !== undefined
  }

  decide(pressure: Omit<StoragePressure, 'isFailing'>): void {
    const isFailing = this.#failure !== undefined
    const nowMs = this.#clock.nowMs()
    this.#decision = decideStorage(this.#decision, { ...pressure, isFailing }, nowMs, this.#thresholds)
    const { refusedTiers } = this.#decision
    const status = isFailing ? 'failing' : refusedTiers > 0 || this.isShort ? 'slow' : 'ok'
    const { cause, message } = this.#cause(pressure, status)
    const before = this.#state
    if (status === before.status && cause === before.cause && refusedTiers === before.refusedTiers) return
    const isSame = status === before.status && cause === before.cause
    const sinceMs = isSame ? before.sinceMs : this.#clock.epochMs()
    this.#state = { status, refusedTiers, cause, message, sinceMs }
    this.#onState(this.#state)
  }

  #cause(
    { lag, roomSegments }: Omit<StoragePressure, 'isFailing'>,
    status: StorageState['status'],
  ): { cause: StorageCause; message: string } {
    const error = this.#failure ?? this.#shortage
    if (error !== undefined) return { cause: causeOf(error), message: error.message }
    if (status === 'ok') return { cause: 'none', message: '' }
    const { roomSegments: rooms, roomMargin, lag: lags, lagMargin } = this.#thresholds
    if (roomSegments < rooms[0] + roomMargin)
      return {
        cause: 'room',
        message: `room for ${roomSegments.toFixed(1)} segments is left besides that of the next checkpoint`,
      }
    if (lag >= lags[0] - lagMargin)
      return { cause: 'lag', message: `the journal is ${Math.round(lag * 1000)} ms behind` }
    // nothing presses any more, and tiers are admitted again one after the other
    return { cause: this.#state.cause, message: this.#state.message }
  }
}

/** Anything else is a bug, and ends the agent. */
function onlyStorage(error: unknown): MillraceError {
  if (error instanceof MillraceError && error.code === 'storage-failed') return error
  throw error
}
