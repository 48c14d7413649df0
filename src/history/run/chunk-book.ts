import type { Chunk, Input } from '../input/chunk.ts'
import type { ScannedChunk } from '../scan/chunk-reading.ts'
import type { PartOrder, RunFault } from './messages.ts'
import { NameBook } from './name-book.ts'

interface Entry {
  readonly thread: number
  readonly input: number
  readonly bytes: number
  scanned: ScannedChunk | undefined
  /** Threads that are done with it. */
  taken: number
  floor: number
}

export interface SharedOut {
  readonly parts: readonly PartOrder[]
  readonly faults: readonly RunFault[]
  readonly faultCount: number
  readonly readings: number
  readonly bytes: number
}

/** Chunks on their way: read by any thread in any order, shared out in the order of the input. */
export class ChunkBook {
  readonly #threads: number
  readonly #inputs: readonly Input[]
  readonly #entries = new Map<number, Entry>()
  readonly #metrics: NameBook
  readonly #regions: NameBook
  /** By input: the number of the next chunk's first line. */
  readonly #lines: number[]
  #next = 0
  #latest = -Infinity

  constructor(threads: number, inputs: readonly Input[], metrics: readonly string[]) {
    this.#threads = threads
    this.#inputs = inputs
    this.#metrics = new NameBook(threads, 1)
    this.#regions = new NameBook(threads, 0)
    this.#lines = inputs.map(({ first }) => first)
    for (const metric of metrics) this.#metrics.id(metric)
  }

  /** The latest event time of all that has been shared out. */
  get latest(): number {
    return this.#latest
  }

  expect(chunk: number, thread: number, input: number, place: Chunk): void {
    const bytes = place.kind === 'given' ? place.bytes.length : place.to - place.from
    this.#entries.set(chunk, { thread, input, bytes, scanned: undefined, taken: 0, floor: Infinity })
  }

  scanned({ chunk, ...scanned }: { readonly chunk: number } & ScannedChunk): void {
    this.#entry(chunk).scanned = scanned
  }

  /** The next chunk in order, when it has been read. */
  next(): SharedOut | undefined {
    const entry = this.#entries.get(this.#next)
    if (entry?.scanned === undefined) return undefined
    const chunk = this.#next++
    const { thread, input, scanned, bytes } = entry
    entry.scanned = undefined
    this.#latest = Math.max(this.#latest, scanned.latest)
    return {
      parts: this.#partsOf(chunk, thread, scanned),
      faults: this.#faultsOf(input, scanned),
      ...{ faultCount: scanned.faultCount, readings: scanned.readings, bytes },
    }
  }

  /** A thread is done with the chunk; when all are: the lowest of their floors. */
  taken(chunk: number, floor: number): number | undefined {
    const entry = this.#entries.get(chunk) ?? this.#last(chunk)
    entry.floor = Math.min(entry.floor, floor)
    return ++entry.taken === this.#threads ? entry.floor : undefined
  }

  /** The floor of a chunk that all are done with; it is forgotten. */
  floorOf(chunk: number): number {
    const { floor } = this.#entry(chunk)
    this.#entries.delete(chunk)
    return floor
  }

  #partsOf(
    chunk: number,
    thread: number,
    { parts, metrics, regions, deviceIds, devices }: ScannedChunk,
  ): PartOrder[] {
    const freshMetrics = this.#metrics.learn(thread, metrics)
    const freshRegions = this.#regions.learn(thread, regions)
    const shared = {
      ...{ kind: 'take' as const, chunk, metrics: freshMetrics, regions: freshRegions, devices },
      ...{ reader: thread, deviceIds },
      metricIds: Uint16Array.from(this.#metrics.idsOf(thread)),
      regionIds: Uint8Array.from(this.#regions.idsOf(thread)),
      latest: this.#latest,
    }
    return parts.map(({ records, heads }) => ({ ...shared, records, heads }))
  }

  #faultsOf(input: number, { faults, lines }: ScannedChunk): RunFault[] {
    const { name, unit } = this.#inputs[input]
    const first = this.#lines[input]
    this.#lines[input] += lines
    return faults.map(({ line, message }) => ({ input: name, number: first + line, unit, message }))
  }

  /** Behind the last chunk of the input comes the end, which nobody reads. */
  #last(chunk: number): Entry {
    const entry: Entry = { thread: 0, input: 0, bytes: 0, scanned: undefined, taken: 0, floor: Infinity }
    this.#entries.set(chunk, entry)
    return entry
  }

  #entry(chunk: number): Entry {
    const entry = this.#entries.get(chunk)
    if (entry === undefined) throw new Error(`nothing is known of chunk ${chunk}`)
    return entry
  }
}
