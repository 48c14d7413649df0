import * as A from '../../memory/layout/control.layout.ts'
import type { SharedMemory } from '../../memory/shared-memory.ts'

/** What the journal has done so far; read by metrics on another thread. */
export interface JournalFigures {
  readonly durableSequence: number
  readonly records: number
  readonly bytes: number
  readonly commits: number
  readonly commitMs: number
  readonly longestCommitMs: number
  readonly failures: number
  readonly roomBytes: number
}

/** The figures in the control block. The agent adds to them, everybody may read them. */
export class JournalCounters {
  readonly #f64: Float64Array
  readonly #control: number

  constructor(memory: SharedMemory, control: number) {
    this.#f64 = memory.f64
    this.#control = control
  }

  countCommit(records: number, bytes: number, tookMs: number): void {
    this.#add(A.CONTROL_JOURNAL_RECORDS, records)
    this.#add(A.CONTROL_JOURNAL_WRITTEN_BYTES, bytes)
    this.#add(A.CONTROL_JOURNAL_COMMITS, 1)
    this.#add(A.CONTROL_JOURNAL_COMMIT_MS, tookMs)
    const longest = this.#get(A.CONTROL_JOURNAL_COMMIT_MAX_MS)
    if (tookMs > longest) this.#set(A.CONTROL_JOURNAL_COMMIT_MAX_MS, tookMs)
  }

  countFailure(): void {
    this.#add(A.CONTROL_JOURNAL_FAILURES, 1)
  }

  setDurable(sequence: number): void {
    this.#set(A.CONTROL_JOURNAL_DURABLE, sequence)
  }

  setRoom(bytes: number): void {
    this.#set(A.CONTROL_JOURNAL_ROOM_BYTES, bytes)
  }

  /** The first sequence number that is still needed, as the main thread has said. */
  get retireBefore(): number {
    return this.#get(A.CONTROL_JOURNAL_RETIRE)
  }

  /** Main thread: nothing before `sequence` is needed, because a checkpoint stands for it. */
  retire(sequence: number): void {
    this.#set(A.CONTROL_JOURNAL_RETIRE, sequence)
  }

  /** Bytes of the medium that the journal leaves to the next checkpoint. */
  get reservedBytes(): number {
    return this.#get(A.CONTROL_JOURNAL_RESERVED)
  }

  /** The checkpoints' thread: so much the next one may take. */
  reserve(bytes: number): void {
    this.#set(A.CONTROL_JOURNAL_RESERVED, bytes)
  }

  read(): JournalFigures {
    return {
      durableSequence: this.#get(A.CONTROL_JOURNAL_DURABLE),
      records: this.#get(A.CONTROL_JOURNAL_RECORDS),
      bytes: this.#get(A.CONTROL_JOURNAL_WRITTEN_BYTES),
      commits: this.#get(A.CONTROL_JOURNAL_COMMITS),
      commitMs: this.#get(A.CONTROL_JOURNAL_COMMIT_MS),
      longestCommitMs: this.#get(A.CONTROL_JOURNAL_COMMIT_MAX_MS),
      failures: this.#get(A.CONTROL_JOURNAL_FAILURES),
      roomBytes: this.#get(A.CONTROL_JOURNAL_ROOM_BYTES),
    }
  }

  #add(offset: number, amount: number): void {
    this.#f64[(this.#control + offset) >>> 3] += amount
  }

  #set(offset: number, value: number): void {
    this.#f64[(this.#control + offset) >>> 3] = value
  }

  #get(offset: number): number {
    return this.#f64[(this.#control + offset) >>> 3]
  }
}
