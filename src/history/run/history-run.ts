import type { Input } from '../input/chunk.ts'
import { MAX_FAULTS } from '../scan/chunk-reading.ts'
import type { IncidentFinder } from '../anomalies/incident-finder.ts'
import { LineCollector } from './line-batch.ts'
import { ChunkBook } from './chunk-book.ts'
import type { Order, Outcome, Report, RunFault, ThreadOrder } from './messages.ts'
import { ResultOrder } from './result-order.ts'
import { type RunThread, type ThreadEvents } from './run-thread.ts'

/** Chunks that a thread has to read at a time: one that it reads, one that waits. */
const SCANS_AHEAD = 2
/** Chunks between the one that is read and the last one that is done with; bounds the memory. */
const CHUNKS_AHEAD = 6

export interface RunProgress {
  readonly bytes: number
  readonly readings: number
}

export interface RunSummary {
  readonly readings: number
  readonly results: number
  readonly alerts: number
  readonly derived: number
  readonly deadLetters: number
  /** Readings that came too late for their window. */
  readonly late: number
  /** Lines, frames and records that were not understood. */
  readonly faults: number
  /** That have opened; where a configuration says how. */
  readonly incidents?: number
  readonly bytes: number
  readonly threads: number
}

export interface RunParts {
  readonly inputs: readonly Input[]
  /** What all threads are started with but for their share. */
  readonly order: Omit<ThreadOrder, 'share' | 'shared'>
  readonly start: (order: ThreadOrder, events: ThreadEvents) => RunThread
  readonly incidents?: IncidentFinder | undefined
  /** Lines in their order, each with its end; the next ones come when these are written. */
  readonly write: (lines: Uint8Array) => Promise<void> | void
  /** The first faults and dead letters, as they turn up. */
  readonly onFault: (fault: RunFault) => void
  readonly onDeadLetter: (letter: string) => void
  readonly onProgress: (progress: RunProgress) => void
}

/**
 * Recorded readings through a pipeline, on several threads. Threads read chunks of the input in turn; what they find is shared
 * out by shard; the order of everything that counts is that of the input, so the output is the same for any number of threads.
 */
export class HistoryRun {
  readonly #parts: RunParts
  readonly #book: ChunkBook
  readonly #order = new ResultOrder()
  readonly #threads: RunThread[] = []
  readonly #scans: number[]
  #summary: { -readonly [K in keyof RunSummary]: RunSummary[K] }
  /** Chunks handed out to be read, and done with. */
  #read = 0
  #done = 0
  #writing = Promise.resolve()
  #combined = -Infinity
  #ended = 0
  /** The chunk behind all others. */
  #last = -1
  #failure: Error | undefined
  #wake: () => void = () => undefined
  #letters = 0

  constructor(parts: RunParts) {
    this.#parts = parts
    const threads = parts.order.shares
    this.#scans = Array.from({ length: threads }, () => 0)
    this.#book = new ChunkBook(threads, parts.inputs, parts.order.metrics)
    this.#summary = {
      ...{
        readings: 0,
        results: 0,
        alerts: 0,
        derived: 0,
        deadLetters: 0,
        late: 0,
        faults: 0,
        bytes: 0,
        threads,
      },
    }
  }

  /** Rejects with what made it impossible: a pipeline that cannot be loaded, an input that cannot be read. */
  async run(): Promise<RunSummary> {
    try {
      await this.#start()
      await this.#readAll()
      await this.#until(() => this.#done === this.#read)
      this.#last = this.#read++
      this.#sendAll({ kind: 'finish', chunk: this.#last, latest: this.#book.latest })
      await this.#until(() => this.#done === this.#read)
      this.#sendAll({ kind: 'end' })
      await this.#until(() => this.#ended === this.#threads.length)
      await this.#writing
      return this.#summary
    } finally {
      await Promise.all(this.#threads.map((thread) => thread.close()))
    }
  }

  /** The first thread makes what all of them share. */
  async #start(): Promise<void> {
    const { order, start } = this.#parts
    const first = start({ ...order, share: 0, shared: undefined }, this.#events(0))
    this.#threads.push(first)
    const shared = await first.ready
    for (let share = 1; share < order.shares; share++)
      this.#threads.push(start({ ...order, share, shared }, this.#events(share)))
    await Promise.all(this.#threads.map(({ ready }) => ready))
  }

  async #readAll(): Promise<void> {
    for (const [input, source] of this.#parts.inputs.entries()) {
      for await (const place of source.chunks()) {
        await this.#until(
          () => this.#read - this.#done < CHUNKS_AHEAD * this.#threads.length && this.#idle() >= 0,
        )
        const thread = this.#idle()
        this.#scans[thread]++
        this.#book.expect(this.#read, thread, input, place)
        this.#threads[thread].send({ kind: 'scan', chunk: this.#read++, input, place })
      }
    }
  }

  /** The thread with the fewest chunks to read; −1 = all have enough. */
  #idle(): number {
    const least = Math.min(...this.#scans)
    return least < SCANS_AHEAD ? this.#scans.indexOf(least) : -1
  }

  #events(thread: number): ThreadEvents {
    const failed = (error: unknown): void => {
      this.#failure ??= error instanceof Error ? error : new Error(String(error))
      this.#wake()
    }
    return {
      failed,
      report: (report) => {
        try {
          this.#take(thread, report)
        } catch (error) {
          failed(error)
        }
        this.#wake()
      },
    }
  }

  #take(thread: number, report: Report): void {
    switch (report.kind) {
      case 'scanned':
        this.#scans[thread]--
        this.#book.scanned(report)
        return this.#shareOut()
      case 'taken':
        this.#hear(report)
        return this.#combine(this.#book.taken(report.chunk, report.floor), report.chunk)
      case 'combined':
        this.#hear(report)
        return this.#release(report.chunk)
      case 'ended':
        this.#summary.late += report.late
        this.#ended++
    }
  }

  /** Chunks that have been read go to the threads, in the order of the input. */
  #shareOut(): void {
    for (let next = this.#book.next(); next !== undefined; next = this.#book.next()) {
      const { parts, faults, faultCount, readings, bytes } = next
      parts.forEach((part, thread) => this.#threads[thread].send(part))
      for (const fault of faults.slice(0, Math.max(0, MAX_FAULTS - this.#summary.faults)))
        this.#parts.onFault(fault)
      this.#summary.faults += faultCount
      this.#summary.readings += readings
      this.#summary.bytes += bytes
      this.#parts.onProgress(this.#summary)
    }
  }

  /** All threads are done with the chunk: groups of all shards may go on to where the last one is. */
  #combine(floor: number | undefined, chunk: number): void {
    if (floor === undefined) return
    this.#combined = Math.max(this.#combined, floor)
    this.#threads[0].send({ kind: 'combine', chunk, watermark: this.#combined })
  }

  #release(chunk: number): void {
    const floor = this.#book.floorOf(chunk)
    this.#findIncidents(floor, chunk === this.#last)
    const lines = this.#order.release(chunk === this.#last ? Infinity : floor)
    this.#writing = this.#writing.then(async () => {
      if (lines.length > 0) await this.#parts.write(lines)
      this.#done = chunk + 1
      this.#wake()
    })
    this.#writing.catch((error: unknown) => this.#events(0).failed(error as Error))
  }

  #findIncidents(floor: number, isEnd: boolean): void {
    const { incidents } = this.#parts
    if (incidents === undefined) return
    const lines = new LineCollector()
    const news = [...incidents.advance(floor), ...(isEnd ? incidents.finish() : [])]
    for (const { incident, change, time } of news) {
      const { id, ...rest } = incident
      lines.add(time, id, JSON.stringify({ incident: id, change, time, ...rest }))
    }
    this.#order.add(lines.take())
    const opened = news.filter(({ change }) => change === 'opened').length
    this.#summary.incidents = (this.#summary.incidents ?? 0) + opened
  }

  #hear({ lines, results, alerts, derived, deadLetters, letters, anomalies }: Outcome): void {
    if (anomalies !== undefined) this.#parts.incidents?.hear(anomalies)
    this.#order.add(lines)
    this.#summary.results += results
    this.#summary.alerts += alerts
    this.#summary.derived += derived
    this.#summary.deadLetters += deadLetters
    for (const letter of letters) if (this.#letters++ < MAX_FAULTS) this.#parts.onDeadLetter(letter)
  }

  #sendAll(order: Order & { readonly kind: 'finish' | 'end' }): void {
    for (const thread of this.#threads) thread.send(order)
  }

  async #until(isSo: () => boolean): Promise<void> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      if (isSo()) return
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}
