import type { Arena } from '../aggregates/aggregate.ts'
import type { ShardState } from '../state/shard-state.ts'
import { UndoLog } from '../state/undo-log.ts'

/** Who gives room to accumulators. */
type Room = Pick<Arena, 'allocate' | 'release'>

/** One class for all accumulators' homes, so that the loops over them see one shape. */
export class WindowArena implements Arena {
  readonly u32: Uint32Array
  readonly f64: Float64Array
  readonly #log: UndoLog
  readonly #room: Room

  constructor(u32: Uint32Array, f64: Float64Array, log: UndoLog, room: Room) {
    this.u32 = u32
    this.f64 = f64
    this.#log = log
    this.#room = room
  }

  saveWord(address: number): void {
    this.#log.saveWord(address)
  }

  saveEach(addresses: Uint32Array, count: number): void {
    this.#log.saveEach(addresses, count)
  }

  save(address: number, words: number): void {
    this.#log.save(address, words)
  }

  allocate(words: number): number {
    return this.#room.allocate(words)
  }

  release(address: number, words: number): void {
    this.#room.release(address, words)
  }
}

/** The arena of a shard's part, where other keys of the table give way when it is full. */
export function tableArena(state: ShardState, table: Pick<Room, 'allocate'>): WindowArena {
  return new WindowArena(state.u32, state.f64, state.log, {
    allocate: (words) => table.allocate(words),
    release: (address, words) => state.release(address, words),
  })
}

/** Reserved, not touched: as much as the accumulators of one result take. */
const SCRATCH_WORDS = 1 << 24
const FIRST_ADDRESS = 4
/** Up to so many a loop clears faster than a call of `fill`. */
const FEW_WORDS = 64

/** Room of one thread for what is put together for results, then forgotten. */
export class Scratch {
  readonly arena: WindowArena
  readonly #words: number
  #used = FIRST_ADDRESS

  constructor(words: number) {
    const f64 = new Float64Array(new SharedArrayBuffer(4 * words))
    const u32 = new Uint32Array(f64.buffer)
    // a log that is never opened
    this.arena = new WindowArena(u32, f64, new UndoLog(u32), {
      allocate: (words) => this.#take(words),
      release: () => undefined,
    })
    this.#words = words
  }

  /** Zeroed words; everything given out before is forgotten. */
  start(words: number): number {
    this.#used = FIRST_ADDRESS
    return this.#take(words)
  }

  #take(words: number): number {
    const address = this.#used
    const end = address + ((words + 3) & ~3)
    if (end > this.#words) return 0
    this.#used = end
    if (end - address > FEW_WORDS) this.arena.u32.fill(0, address, end)
    else for (let at = address; at < end; at++) this.arena.u32[at] = 0
    return address
  }
}

/** One per thread: nothing in it outlives the making of a result. */
export const scratch = new Scratch(SCRATCH_WORDS)
