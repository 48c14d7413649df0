/** Puts dead letters back in where they were given up. One that is taken is removed; should it fail again, it is a new one. */
import type { Origin } from '../pipelines/definition/outside.ts'
import type { DeadLetter, DeadLetters, DeadReading, LetterFilter } from './dead-letters.ts'

/** The ways back in. Each answers '' when it was taken, else why not. */
export interface Replayer {
  /** As if its sender had sent it again, so all pipelines see it. */
  reading(reading: DeadReading): Promise<string>
  /** To the node that gave it up, and what is behind that. */
  item(pipeline: string, node: string, item: unknown, origin: Origin): string | Promise<string>
}

export interface Selection extends LetterFilter {
  /** Only these; undefined = all that pass the filter. */
  readonly ids: readonly number[] | undefined
  /** No more than so many, the oldest first. */
  readonly limit: number
}

export interface ReplayReport {
  readonly replayed: number
  /** Those that were not taken, and why; they are kept. */
  readonly failed: readonly { readonly id: number; readonly reason: string }[]
  /** Selected, but over the limit. */
  readonly left: number
}

const DEADLY =
  'it ended the workers that it was shown on, and would end the main thread; only its readings can be sent again'

export class DeadLetterReplay {
  readonly #letters: DeadLetters
  readonly #replayer: Replayer
  /** So that two who ask at the same time don't put the same one in twice. */
  readonly #busy = new Set<number>()

  constructor(letters: DeadLetters, replayer: Replayer) {
    this.#letters = letters
    this.#replayer = replayer
  }

  async replay({ ids, limit, ...filter }: Selection): Promise<ReplayReport> {
    const selected = this.#select(ids, filter)
    const failed: { id: number; reason: string }[] = []
    const chosen = selected.slice(0, limit)
    for (const { id } of chosen) this.#busy.add(id)
    for (const letter of chosen) {
      const reason = await this.#putBack(letter)
      this.#busy.delete(letter.id)
      if (reason === '') this.#letters.removeReplayed(letter.id)
      else failed.push({ id: letter.id, reason })
    }
    return { replayed: chosen.length - failed.length, failed, left: selected.length - chosen.length }
  }

  #select(ids: readonly number[] | undefined, filter: LetterFilter): DeadLetter[] {
    const wanted = ids === undefined ? undefined : new Set(ids)
    return this.#letters
      .matching(filter)
      .filter(({ id }) => !this.#busy.has(id) && (wanted === undefined || wanted.has(id)))
  }

  async #putBack(letter: DeadLetter): Promise<string> {
    try {
      if ('reading' in letter) return await this.#replayer.reading(letter.reading)
      if (letter.isDeadly) return DEADLY
      return await this.#replayer.item(letter.pipeline, letter.node, letter.item, letter.origin)
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
}
