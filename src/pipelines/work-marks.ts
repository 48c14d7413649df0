import { SHARDS } from '../core/limits.ts'
import type { ResultGuard, ResultOrigin } from './runtime/result-guard.ts'

/*
 * What user code of a pipeline is being shown, by shard (and COMBINED), in shared memory. A mark, in words:
 *
 *    0  stage (0 = nothing)     1  readings shown        2  node    3  low   4  high   6  f64 end of the window
 *    8  suspect: node + 1       9  low  10  high        12  f64 end
 *   14  workers it has ended   15  bytes of the cause   16  the cause
 *
 * Words 0 to 7 are written by whoever holds the shard's claim, the suspect by the main thread in a dead worker's place, and
 * taken back by the claim holder when the result was given after all, or given up.
 */
const STAGE = 0
const COUNT = 1
const RESULT = 2
const SUSPECT = 8
const DEATHS = 14
const CAUSE_BYTES = 15
const CAUSE = 16
const MARK_WORDS = 80
const MOST_CAUSE_BYTES = 4 * (MARK_WORDS - CAUSE)

export const AT_NOTHING = 0
/** Readings of the lane. */
export const AT_SLICE = 1
/** Readings that were held back for a batch. */
export const AT_BATCH = 2
/** A window's result, or the message of an alert that has waited. */
export const AT_RESULT = 3
/** What is not shown again. */
export const AT_REST = 4

/** A result that has ended so many workers is given up. */
export const MOST_DEATHS = 3

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export class WorkMarks implements ResultGuard {
  readonly buffer: SharedArrayBuffer
  readonly #u32: Uint32Array
  readonly #f64: Float64Array

  static reserve(): WorkMarks {
    return new WorkMarks(new SharedArrayBuffer(4 * MARK_WORDS * (SHARDS + 1)))
  }

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer
    this.#u32 = new Uint32Array(buffer)
    this.#f64 = new Float64Array(buffer)
  }

  stage(shard: number): number {
    return this.#u32[shard * MARK_WORDS + STAGE]
  }

  /** Readings that were being shown. */
  count(shard: number): number {
    return this.#u32[shard * MARK_WORDS + COUNT]
  }

  /** Readings are shown now: AT_SLICE or AT_BATCH. */
  beginReadings(shard: number, stage: number, count: number): void {
    const at = shard * MARK_WORDS
    this.#u32[at + COUNT] = count
    this.#u32[at + STAGE] = stage
  }

  beginResult(shard: number, node: number, { group, time }: ResultOrigin): boolean {
    const at = shard * MARK_WORDS
    const u32 = this.#u32
    u32[at + RESULT] = node + 1
    u32[at + RESULT + 1] = group?.low ?? 0
    u32[at + RESULT + 2] = group?.high ?? 0
    this.#f64[(at + RESULT + 4) >>> 1] = time
    if (u32[at + SUSPECT] !== 0 && u32[at + DEATHS] >= MOST_DEATHS && this.#isSuspect(at)) return false
    u32[at + STAGE] = AT_RESULT
    return true
  }

  isSuspecting(shard: number): boolean {
    return this.#u32[shard * MARK_WORDS + SUSPECT] !== 0
  }

  beginRest(shard: number): void {
    this.#u32[shard * MARK_WORDS + STAGE] = AT_REST
  }

  end(shard: number): void {
    const at = shard * MARK_WORDS
    const u32 = this.#u32
    const wasGiven = u32[at + STAGE] === AT_RESULT || u32[at + STAGE] === AT_NOTHING
    if (u32[at + SUSPECT] !== 0 && wasGiven && this.#isSuspect(at)) u32[at + SUSPECT] = 0
    u32[at + STAGE] = AT_NOTHING
  }

  cause(shard: number): string {
    const at = shard * MARK_WORDS
    const start = 4 * (at + CAUSE)
    // decoders don't take shared memory
    const bytes = new Uint8Array(this.buffer, start, this.#u32[at + CAUSE_BYTES]).slice()
    return `the functions behind it ended ${this.#u32[at + DEATHS]} workers; the last time: ${decoder.decode(bytes)}`
  }

  /** Nobody is at it any more: what it was, which counts against a result. */
  died(shard: number, cause: string): number {
    const stage = this.stage(shard)
    if (stage === AT_RESULT) this.#blame(shard * MARK_WORDS, cause)
    this.#u32[shard * MARK_WORDS + STAGE] = AT_NOTHING
    return stage
  }

  #blame(at: number, cause: string): void {
    const u32 = this.#u32
    u32[at + DEATHS] = u32[at + SUSPECT] !== 0 && this.#isSuspect(at) ? u32[at + DEATHS] + 1 : 1
    u32.copyWithin(at + SUSPECT, at + RESULT, at + RESULT + 6)
    const text = encoder.encode(cause).subarray(0, MOST_CAUSE_BYTES)
    new Uint8Array(this.buffer, 4 * (at + CAUSE), text.length).set(text)
    u32[at + CAUSE_BYTES] = text.length
  }

  #isSuspect(at: number): boolean {
    const u32 = this.#u32
    for (let word = 0; word < 6; word++)
      if (u32[at + RESULT + word] !== u32[at + SUSPECT + word]) return false
    return true
  }
}
