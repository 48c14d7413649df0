import { BLOCK_BYTES, BLOCK_HEADER_BYTES } from '../../memory/layout/lanes.layout.ts'
import { MAX_STAMP } from '../../memory/layout/reading.layout.ts'

/** Twin of asm/blocks.ts: how many blocks are free, and how many are on their way back from the workers. */
export class BlockPool {
  free: number
  returned = 0
  readonly #reserves: readonly number[]

  /** `reserves`: blocks that must stay free when a track takes one. */
  constructor(blocks: number, reserves: readonly number[]) {
    this.free = blocks
    this.#reserves = reserves
  }

  take(track: number): boolean {
    if (this.free <= this.#reserves[track]) {
      this.free += this.returned
      this.returned = 0
    }
    if (this.free <= this.#reserves[track]) return false
    this.free--
    return true
  }
}

export interface Block<Entry> {
  /** Tick that stamps count from. */
  base: number
  readonly entries: Entry[]
  readonly fences: Map<Lane<unknown>, number>
}

/** Twin of asm/lane-writer.ts: a first-in-first-out run of entries in blocks, and how far it is written and worked. */
export class Lane<Entry> {
  readonly track: number
  readonly shard: number
  /** From the one being read to the open one. */
  readonly blocks: Block<Entry>[] = []
  written = 0
  published = 0
  consumed = 0
  applied = 0
  /** Entries of the first block that are done. */
  read = 0
  sliceLimit = 0
  isReady = false
  readonly #capacity: number
  readonly #pool: BlockPool

  constructor(track: number, shard: number, entryBytes: number, pool: BlockPool) {
    this.track = track
    this.shard = shard
    this.#capacity = Math.floor((BLOCK_BYTES - BLOCK_HEADER_BYTES) / entryBytes)
    this.#pool = pool
  }

  get #open(): Block<Entry> | undefined {
    return this.blocks.at(-1)
  }

  /** Ticks from the open block's base; older ones count as the base. */
  stampOf(tick: number): number {
    return Math.max(0, tick - (this.#open?.base ?? 0))
  }

  /** Makes room for an entry of this tick; false when there is no block to be had. */
  ensureRoom(tick: number): boolean {
    const open = this.#open
    const fits = open !== undefined && open.entries.length < this.#capacity
    return (fits && this.stampOf(tick) <= MAX_STAMP) || this.#freshBlock(tick) !== undefined
  }

  append(entry: Entry): void {
    this.#open?.entries.push(entry)
    this.written++
  }

  /** Entries from now on wait for everything that `before` holds now. */
  fence(before: Lane<unknown>, tick: number): boolean {
    if (before.written === before.consumed) return true
    if (this.#open?.fences.get(before) === before.written) return true
    const block = this.#freshBlock(tick)
    block?.fences.set(before, before.written)
    return block !== undefined
  }

  publish(): number {
    const added = this.written - this.published
    this.published = this.written
    if (added > 0) this.isReady = true
    return added
  }

  /** The open block if it has no entries yet, else a new one. */
  #freshBlock(tick: number): Block<Entry> | undefined {
    const open = this.#open
    if (open?.entries.length === 0) {
      open.base = tick
      return open
    }
    if (!this.#pool.take(this.track)) return undefined
    const block: Block<Entry> = { base: tick, entries: [], fences: new Map() }
    this.blocks.push(block)
    return block
  }

  /** The block of the next entry, which exists; finished ones go back. */
  enterBlock(): Block<Entry> {
    while (this.read === this.blocks[0].entries.length) {
      this.blocks.shift()
      this.read = 0
      this.#pool.returned++
    }
    return this.blocks[0]
  }

  get isDrained(): boolean {
    return this.published === this.consumed
  }

  /** Entries not done yet. */
  waiting(): Entry[] {
    return this.blocks.flatMap((block) => block.entries).slice(this.read)
  }
}
