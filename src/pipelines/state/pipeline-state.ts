import { MillraceError } from '../../core/errors.ts'
import { SHARDS } from '../../core/limits.ts'
import { observeCursor } from '../../memory/atomics.ts'
import { ShardState } from './shard-state.ts'
import type { WhenFull } from './shard-state.ts'
import * as L from './state.layout.ts'

export interface StateFigures {
  readonly usedBytes: number
  readonly keys: number
  readonly evicted: number
  readonly refused: number
}

export interface StateRequest {
  /** Of all shards together; rounded up to whole pages per shard. */
  readonly bytes: number
  readonly whenFull: WhenFull
  /** Says what the rows are (stages, aggregates, versions); state under another text is another's. */
  readonly layout: string
}

const PAGE_WORDS = 16_384
/** COMBINED holds what all shards contribute to a group: as much as this many shards. */
const COMBINED_SHARES = 8
const COMBINED = SHARDS

/**
 * One pipeline's memory: SHARDS parts and COMBINED. It is reserved whole and becomes real page by page as it is used.
 * Every thread opens the same buffer.
 */
export class PipelineState {
  readonly buffer: SharedArrayBuffer
  readonly fingerprint: number
  readonly #whenFull: WhenFull
  readonly #head: Uint32Array
  readonly #parts: (ShardState | undefined)[] = []

  private constructor(buffer: SharedArrayBuffer, whenFull: WhenFull) {
    this.buffer = buffer
    this.#whenFull = whenFull
    this.#head = new Uint32Array(buffer, 0, L.HEAD_BYTES / 4)
    this.fingerprint = this.#head[L.HEAD_FINGERPRINT]
  }

  static reserve({ bytes, whenFull, layout }: StateRequest): PipelineState {
    const shardWords = Math.ceil(bytes / SHARDS / 4 / PAGE_WORDS) * PAGE_WORDS
    const combinedWords = COMBINED_SHARES * shardWords
    const all = L.HEAD_BYTES + 4 * (SHARDS * partWords(shardWords) + partWords(combinedWords))
    const buffer = new SharedArrayBuffer(all)
    const head = new Uint32Array(buffer)
    head[L.HEAD_FINGERPRINT] = fingerprintOf(layout)
    head[L.HEAD_SHARD_WORDS] = shardWords
    head[L.HEAD_COMBINED_WORDS] = combinedWords
    head[L.HEAD_MAGIC] = L.MAGIC
    const state = new PipelineState(buffer, whenFull)
    for (let shard = 0; shard <= COMBINED; shard++) state.part(shard).u32[L.PART_BUMP] = L.PART_DATA
    return state
  }

  /** Throws when the buffer is another layout's. */
  static open(buffer: SharedArrayBuffer, { whenFull, layout }: Omit<StateRequest, 'bytes'>): PipelineState {
    const state = new PipelineState(buffer, whenFull)
    if (state.#head[L.HEAD_MAGIC] !== L.MAGIC)
      throw new MillraceError('internal', 'not the state of a pipeline')
    if (state.fingerprint !== fingerprintOf(layout)) {
      throw new MillraceError('conflict', 'the state is that of another definition', { layout })
    }
    return state
  }

  /** 0 … 63, or COMBINED. */
  part(shard: number): ShardState {
    return (this.#parts[shard] ??= new ShardState(
      this.buffer,
      this.#offset(shard),
      this.#words(shard),
      this.#whenFull,
    ))
  }

  /** Sums over all parts, a moment old; needs no claim. */
  figures(): StateFigures {
    const sums = Array.from({ length: L.SHOWN_FIGURES }, () => 0)
    for (let shard = 0; shard <= COMBINED; shard++) {
      const i32 = this.part(shard).i32
      sums.forEach((sum, i) => (sums[i] = sum + (observeCursor(i32, 4 * (L.PART_SHOWN + i)) >>> 0)))
    }
    const [words, keys, evicted, refused] = sums
    return { usedBytes: 4 * words, keys, evicted, refused }
  }

  /** What of a part is in use, behind its fingerprint. The caller holds the claim, between two transactions. */
  snapshot(shard: number): Uint8Array {
    const { u32 } = this.part(shard)
    const words = u32[L.PART_BUMP]
    const copy = new Uint32Array(SNAPSHOT_HEAD + words)
    copy[0] = this.fingerprint
    copy[1] = words
    copy.set(u32.subarray(0, words), SNAPSHOT_HEAD)
    copy[SNAPSHOT_HEAD + L.PART_LOG] = 0
    return new Uint8Array(copy.buffer)
  }

  /** Puts a part back as it was; false when the snapshot is another layout's, or larger than the part. */
  restore(shard: number, snapshot: Uint8Array): boolean {
    const words = new Uint32Array(snapshot.slice().buffer)
    const { u32 } = this.part(shard)
    const fits = words[1] <= u32.length - L.LOG_WORDS && words.length === SNAPSHOT_HEAD + words[1]
    if (words[0] !== this.fingerprint || !fits) return false
    u32.fill(0, words[1], Math.max(words[1], u32[L.PART_BUMP]))
    u32.set(words.subarray(SNAPSHOT_HEAD))
    return true
  }

  /** Forgets what a part holds. */
  clear(shard: number): void {
    const { u32 } = this.part(shard)
    u32.fill(0, 0, u32[L.PART_BUMP])
    u32[L.PART_BUMP] = L.PART_DATA
  }

  #words(shard: number): number {
    return partWords(this.#head[shard === COMBINED ? L.HEAD_COMBINED_WORDS : L.HEAD_SHARD_WORDS])
  }

  #offset(shard: number): number {
    return L.HEAD_BYTES + 4 * shard * partWords(this.#head[L.HEAD_SHARD_WORDS])
  }
}

const SNAPSHOT_HEAD = 2
const partWords = (dataWords: number): number => L.PART_DATA + dataWords + L.LOG_WORDS

/** FNV-1a (Fowler, Noll, Vo). */
function fingerprintOf(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}
