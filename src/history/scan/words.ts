import { ByteNames } from './byte-names.ts'
import type { ScanDesk } from './scan-desk.ts'

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** Names of metrics or regions, numbered in the order in which this thread met them; tells the new ones once. */
export class Words {
  readonly #names: ByteNames
  #fresh: string[] = []

  constructor(desk: ScanDesk, table: number) {
    this.#names = new ByteNames(desk, table)
  }

  find(bytes: Uint8Array, from: number, to: number): number {
    const known = this.#names.count
    const word = this.#names.find(bytes, from, to)
    // a decoder doesn't take views of shared memory: a slice is a copy
    if (word === known) this.#fresh.push(decoder.decode(bytes.slice(from, to)))
    return word
  }

  of(name: string): number {
    const bytes = encoder.encode(name)
    return this.find(bytes, 0, bytes.length)
  }

  /** Those since the last call, in the order of their numbers. */
  fresh(): readonly string[] {
    const fresh = this.#fresh
    this.#fresh = []
    return fresh
  }
}
