/**
 * Adds up what the heaps of a process grow by, from V8's lines about its collections, such as
 * `[4242:0x5b1c000]     1234 ms: Scavenge 8.3 (12.1) -> 7.4 (12.3) MB, …`: one heap per thread, known by its address.
 * What has grown after a heap's last collection isn't counted, which is less than its young generation.
 */
const COLLECTION = /^\[\d+:(0x[0-9a-f]+)\].*? ms: .*?(\d+\.\d+) \(\d+\.\d+\) -> (\d+\.\d+) \(\d+\.\d+\) MB/
const MIB = 1024 * 1024

export class HeapGrowth {
  /** Megabytes each heap held after its last collection. */
  readonly #after = new Map<string, number>()
  #megabytes = 0
  #collections = 0

  get bytes(): number {
    return this.#megabytes * MIB
  }

  get collections(): number {
    return this.#collections
  }

  /** Counts from zero again; what is known of the heaps is kept. */
  restart(): void {
    this.#megabytes = 0
    this.#collections = 0
  }

  hear(line: string): void {
    const match = COLLECTION.exec(line)
    if (match === null) return
    const [, heap, before, after] = match
    this.#megabytes += Math.max(0, Number(before) - (this.#after.get(heap) ?? Number(before)))
    this.#after.set(heap, Number(after))
    this.#collections++
  }
}
