/**
 * The database as the store sees it: opened, read and checked as a whole, then changed chunk by chunk. Every transaction
 * carries the seal that belongs to it, so the file is at every moment either what the seal says or damaged.
 */
import type { Clock } from '../../core/clock.ts'
import { Keeper, type KeeperFault, type KeeperValues } from './keeper.ts'
import { CheckTable, knowsFormat, readSeal, type Seal, SEAL_KEY, sealBytes } from './seal.ts'
import { openValue, sealValue } from './sealed-value.ts'

export interface Chunk {
  readonly key: string
  /** '' = nothing in it any more. */
  readonly text: string
}

export interface FileOptions {
  readonly path: string
  readonly clock: Clock
  /** Whether there has to be something in it. */
  readonly isNew: boolean
  readonly onChunk: (key: string, text: string) => void
}

export type Opened = { readonly ok: true; readonly file: StoreFile } | ({ readonly ok: false } & KeeperFault)

export class StoreFile {
  readonly #keeper: Keeper
  #table: CheckTable
  #seal: Seal | undefined

  private constructor(keeper: Keeper, table: CheckTable, seal: Seal | undefined) {
    this.#keeper = keeper
    this.#table = table
    this.#seal = seal
  }

  /** Reads all of it. What is not exactly what was written is damage. */
  static async open({ path, clock, isNew, onChunk }: FileOptions): Promise<Opened> {
    const reading = new Reading(onChunk)
    const keeper = new Keeper(path, clock, (values) => reading.take(values))
    const answer = await keeper.ready()
    const reason = answer.ok ? reading.verdict(isNew) : answer.reason
    if (answer.ok && reason === '') {
      return { ok: true, file: new StoreFile(keeper, reading.table, reading.seal) }
    }
    await keeper.stop()
    return answer.ok ? { ok: false, kind: 'damaged', reason, system: '' } : answer
  }

  /** Every change up to this number is in it. */
  get position(): number {
    return this.#seal?.position ?? 0
  }

  get batch(): number {
    return this.#seal?.batch ?? 0
  }

  /** Whether everything is in it that was to be; so not while it is written for the first time. */
  get complete(): boolean {
    return this.#seal?.complete ?? false
  }

  /** Writes chunks and what is now true of the whole; durable when it resolves to undefined. */
  async write(
    chunks: readonly Chunk[],
    state: { readonly position: number; readonly complete: boolean },
  ): Promise<KeeperFault | undefined> {
    const table = this.#table.copy()
    const puts: [string, Uint8Array][] = []
    const removes: string[] = []
    for (const { key, text } of chunks) {
      if (text !== '') {
        const { check, bytes } = sealValue(key, text)
        table.set(key, check)
        puts.push([key, bytes])
      } else if (table.has(key)) {
        table.delete(key)
        removes.push(key)
      }
    }
    const seal = { ...state, batch: this.batch + 1, chunks: table.size, sum: table.sum }
    puts.push([SEAL_KEY, sealBytes(seal)])
    const answer = await this.#keeper.write({ puts, removes })
    if (!answer.ok) return answer
    this.#table = table
    this.#seal = { format: 1, ...seal }
    return undefined
  }

  stop(): Promise<void> {
    return this.#keeper.stop()
  }
}

/** Values as they come in, checked one by one and then as a whole. */
class Reading {
  readonly table = new CheckTable()
  seal: Seal | undefined
  #wrong = ''
  #lastKey = ''
  readonly #onChunk: (key: string, text: string) => void

  constructor(onChunk: (key: string, text: string) => void) {
    this.#onChunk = onChunk
  }

  take(values: KeeperValues): void {
    for (const [key, value] of values) {
      if (this.#wrong === '') this.#wrong = this.#takeOne(key, value)
    }
  }

  /** What is wrong with it; '' = nothing. */
  verdict(isNew: boolean): string {
    if (this.#wrong !== '') return this.#wrong
    if (this.seal === undefined) return isNew && this.table.size === 0 ? '' : 'it has no seal'
    if (!knowsFormat(this.seal)) return `its format is ${this.seal.format}, which this version does not know`
    const { chunks, sum } = this.seal
    if (chunks !== this.table.size) return `it has ${this.table.size} of ${chunks} chunks`
    return sum === this.table.sum ? '' : 'its chunks are not those that were sealed'
  }

  #takeOne(key: string, value: Uint8Array): string {
    if (typeof key !== 'string' || key <= this.#lastKey) return 'its keys are not in order'
    this.#lastKey = key
    if (key === SEAL_KEY) return (this.seal = readSeal(value)) === undefined ? 'its seal is damaged' : ''
    const opened = openValue(key, value)
    if (opened === undefined) return `the value of ${key} is not what was written`
    this.table.set(key, opened.check)
    return this.#hand(key, opened.text)
  }

  #hand(key: string, text: string): string {
    try {
      this.#onChunk(key, text)
      return ''
    } catch (error) {
      return `the value of ${key} is not understood: ${(error as Error).message}`
    }
  }
}
