/** Shards that nobody works at, for checkpoints: each chunk has a version, from which its bytes follow. */
import type { Random } from '../../../src/core/random.ts'
import { CHUNK_ENTRY_BYTES } from '../../../src/memory/layout/capture.layout.ts'
import { ROW_BYTES, SHARD_COUNT, WINDOW_ROW_BYTES } from '../../../src/memory/layout/series.layout.ts'
import type { CheckpointData } from '../../../src/storage/checkpoint/checkpoint-reader.ts'
import type { CapturedShard, ShardCapture } from '../../../src/storage/checkpoint/shard-capture.ts'

const CHUNKS = 3
const HASH_BYTES = 8
const ROWS = 2

export class InventedShards {
  readonly #random: Random
  readonly #stateBytes: number
  readonly #nextVersion: () => number
  readonly #versions: number[][]
  readonly #states: number[]

  constructor(random: Random, stateBytes: number, nextVersion: () => number) {
    this.#random = random
    this.#stateBytes = stateBytes
    this.#nextVersion = nextVersion
    this.#versions = shards(() => Array.from({ length: CHUNKS }, nextVersion))
    this.#states = shards(nextVersion)
  }

  change(): void {
    this.#versions.forEach((chunks, shard) => {
      if (this.#random() < 0.5) return
      chunks[Math.floor(this.#random() * CHUNKS)] = this.#nextVersion()
      this.#states[shard] = this.#nextVersion()
    })
  }

  order(): number[] {
    return shards((shard) => shard).reverse()
  }

  extra(): Uint8Array {
    return numbered(this.#states[0], 100)
  }

  signature(): string {
    return [
      ...this.#versions.map((chunks, shard) => [...chunks, this.#states[shard]].join()),
      this.#states[0],
    ].join(';')
  }

  asCapture(): ShardCapture {
    const capture: Pick<ShardCapture, 'take' | 'hashBytes'> = {
      hashBytes: HASH_BYTES * CHUNKS,
      take: (shard, known, hashes) => (this.#random() < 0.02 ? undefined : this.#take(shard, known, hashes)),
    }
    return capture as ShardCapture
  }

  #take(shard: number, known: Uint8Array | undefined, hashes: Uint8Array): CapturedShard {
    const versions = this.#versions[shard]
    versions.forEach((version, chunk) => hashes.set(numbered(version, HASH_BYTES), chunk * HASH_BYTES))
    const isSame = (chunk: number) =>
      known !== undefined && numberIn(known, chunk * HASH_BYTES) === versions[chunk]
    const changed = [...versions.keys()].filter((chunk) => !isSame(chunk))
    const state = numbered(this.#states[shard], this.#stateBytes)
    return {
      ...{
        shard,
        ticket: 0,
        positions: [0, 0],
        series: CHUNKS * ROWS,
        waiting: 0,
        chunks: changed.length,
        state,
      },
      ...{ rowCount: changed.length * ROWS, lanes: state.slice(0, 8), pausedMs: 0, heldMs: 0 },
      table: joined(
        changed.map((chunk) => new Uint8Array(Uint32Array.of(chunk, ROWS).buffer)),
        CHUNK_ENTRY_BYTES,
      ),
      rows: joined(
        changed.map((chunk) => numbered(versions[chunk], ROWS * ROW_BYTES)),
        ROWS * ROW_BYTES,
      ),
      windows: joined(
        changed.map((chunk) => numbered(versions[chunk], ROWS * WINDOW_ROW_BYTES)),
        ROWS * WINDOW_ROW_BYTES,
      ),
    }
  }
}

/** What `InventedShards.signature` was when this was captured. */
export function signatureOf(data: CheckpointData): string {
  const found = shards((shard) => {
    const versions: number[] = []
    const sections = data.shard(shard)
    for (const { table, rows } of sections) {
      for (let i = 0; i < table.length / 2; i++) versions[table[2 * i]] = numberIn(rows, i * ROWS * ROW_BYTES)
    }
    return [...versions, numberIn(sections[sections.length - 1].state, 0)].join()
  })
  return [...found, numberIn(data.extras().get('registry')!, 0)].join(';')
}

const shards = <T>(each: (shard: number) => T): T[] =>
  Array.from({ length: SHARD_COUNT }, (_, shard) => each(shard))

function numbered(number: number, bytes: number): Uint8Array {
  const filled = new Uint8Array(bytes).fill(number)
  new DataView(filled.buffer).setUint32(0, number)
  return filled
}

const numberIn = (bytes: Uint8Array, at: number): number =>
  new DataView(bytes.buffer, bytes.byteOffset).getUint32(at)

function joined(parts: readonly Uint8Array[], partBytes: number): Uint8Array {
  const all = new Uint8Array(parts.length * partBytes)
  parts.forEach((part, i) => all.set(part, i * partBytes))
  return all
}
