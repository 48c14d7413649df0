import type { KeyTable } from '../state/key-table.ts'
import type { ShardState } from '../state/shard-state.ts'
import { ROW_WORDS } from '../state/state.layout.ts'
import type { StateKey } from './state-key.ts'

const BLOB = ROW_WORDS
const OWN_WORDS = 2

/** A text for each key, in one shard. */
export class TextRows {
  readonly state: ShardState
  readonly #table: KeyTable

  constructor(state: ShardState, stage: number) {
    this.state = state
    const dispose = (row: number): void => this.#release(row)
    this.#table = state.table(stage, { words: OWN_WORDS, isEvictable: true, dispose })
  }

  read({ low, high }: StateKey): string | undefined {
    const row = this.#table.find(low, high)
    return row === 0 ? undefined : this.state.texts.read(this.state.u32[row + BLOB])
  }

  /** False when there is no room; then the key has the text that it had, if any. */
  write({ low, high }: StateKey, text: string): boolean {
    const row = this.#table.findOrAdd(low, high, undefined)
    if (row === 0) return false
    const isNew = this.#table.added
    const blob = this.state.makeRoom(this.#table, () => this.state.texts.write(text))
    if (blob === 0) {
      if (isNew) this.#table.remove(row)
      return false
    }
    this.#release(row)
    this.state.put(row + BLOB, blob)
    return true
  }

  #release(row: number): void {
    const blob = this.state.u32[row + BLOB]
    if (blob !== 0) this.state.texts.release(blob)
  }
}
