import type { KeyTable } from '../state/key-table.ts'
import type { ShardState } from '../state/shard-state.ts'
import * as C from './columns.layout.ts'

const FIRST_ROOM = 16

/** Numbers for a table's keys, from 0 on and without great gaps: columns are told by them. */
export class KeyPlaces {
  readonly #state: ShardState
  readonly #table: KeyTable

  constructor(state: ShardState, table: KeyTable) {
    this.#state = state
    this.#table = table
  }

  /** One more than any place in use. */
  get count(): number {
    const register = this.#register
    return register === 0 ? 0 : this.#state.u32[register + C.REGISTER_COUNT]
  }

  /** The row of the key there. */
  rowAt(place: number): number {
    const { u32 } = this.#state
    return u32[u32[this.#register + C.REGISTER_ROWS] + place]
  }

  /** Gives the row's key a place: it plus one; 0 = no room. */
  give(row: number): number {
    const { u32 } = this.#state
    const register = this.#register || this.#addRegister()
    if (register === 0) return 0
    const number = this.#takeFree(register) || this.#takeNew(register)
    if (number === 0) return 0
    this.#state.put(u32[register + C.REGISTER_ROWS] + number - 1, row)
    this.#state.put(row + C.PLACE, number)
    return number
  }

  /** The row's key goes. */
  release(row: number): void {
    const { u32 } = this.#state
    const number = u32[row + C.PLACE]
    const register = this.#register
    this.#state.put(u32[register + C.REGISTER_ROWS] + number - 1, u32[register + C.REGISTER_FREE])
    this.#state.put(register + C.REGISTER_FREE, number)
  }

  get #register(): number {
    return this.#state.u32[this.#table.own + C.REGISTER]
  }

  #addRegister(): number {
    const register = this.#table.allocate(C.REGISTER_WORDS)
    if (register !== 0) this.#state.put(this.#table.own + C.REGISTER, register)
    return register
  }

  #takeFree(register: number): number {
    const { u32 } = this.#state
    const number = u32[register + C.REGISTER_FREE]
    if (number !== 0) {
      this.#state.put(register + C.REGISTER_FREE, u32[u32[register + C.REGISTER_ROWS] + number - 1])
    }
    return number
  }

  #takeNew(register: number): number {
    const { u32 } = this.#state
    const rows = register + C.REGISTER_ROWS
    const count = u32[register + C.REGISTER_COUNT]
    if (!growList(this.#state, this.#table, rows, count)) return 0
    this.#state.put(register + C.REGISTER_COUNT, count + 1)
    return count + 1
  }
}

/** Sees to it that the list (address and room at `list`) has the place; false = no room. */
export function growList(state: ShardState, table: KeyTable, list: number, place: number): boolean {
  const { u32 } = state
  if (place < u32[list + 1]) return true
  const larger = Math.max(FIRST_ROOM, 2 * u32[list + 1], place + 1)
  const address = table.allocate(larger)
  if (address === 0) return false
  const [old, room] = [u32[list], u32[list + 1]]
  u32.copyWithin(address, old, old + room)
  if (old !== 0) state.release(old, room)
  state.put(list, address)
  state.put(list + 1, larger)
  return true
}
