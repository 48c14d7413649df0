import {
  MALFORMED_CAUSES,
  REFUSAL_REASONS,
  type MalformedCause,
  type RefusalReason,
} from '../core/refusal.ts'
import type { ReadingFault } from './decode/json-reading.ts'
import * as C from './intake-counters.ts'

/** Counts what comes in: every reading once as received, and once as committed, refused or malformed. */
export class IntakeAccount {
  readonly #counters: C.IntakeCounters

  constructor(counters: C.IntakeCounters) {
    this.#counters = counters
  }

  message(bytes: number): void {
    this.#counters[C.INTAKE_FRAMES]++
    this.#counters[C.INTAKE_BYTES] += bytes
  }

  committed(readings: number): void {
    this.#counters[C.INTAKE_RECEIVED] += readings
    this.#counters[C.INTAKE_COMMITTED] += readings
  }

  refused(reason: RefusalReason, readings: number): void {
    this.#counters[C.INTAKE_RECEIVED] += readings
    this.#counters[C.INTAKE_REFUSED + REFUSAL_REASONS.indexOf(reason)] += readings
  }

  /** A message that is not understood counts as one. */
  malformed(cause: MalformedCause): void {
    this.#counters[C.INTAKE_RECEIVED]++
    this.#counters[C.INTAKE_MALFORMED + MALFORMED_CAUSES.indexOf(cause)]++
  }

  faults(faults: readonly ReadingFault[]): void {
    this.#counters[C.INTAKE_RECEIVED] += faults.length
    for (const { malformed, code } of faults) {
      this.#counters[(malformed ? C.INTAKE_MALFORMED : C.INTAKE_REFUSED) + code]++
    }
  }

  connectionOpened(): void {
    this.#counters[C.INTAKE_CONNECTIONS]++
    this.#counters[C.INTAKE_CONNECTIONS_OPENED]++
  }

  connectionClosed(): void {
    this.#counters[C.INTAKE_CONNECTIONS]--
  }

  connectionRefused(): void {
    this.#counters[C.INTAKE_CONNECTIONS_REFUSED]++
  }
}
