/**
 * The last things that were given up: whole readings that a pipeline could not process, and items at a node of one. Each
 * with its cause, so that it can be looked at, and put back in when the cause is gone (dead-letter-replay.ts).
 */
import type { Clock } from '../core/clock.ts'
import type { DeadLetterStats } from '../core/stats.ts'
import type { Origin, PipelineDeadLetter } from '../pipelines/definition/outside.ts'

export interface DeadReading {
  readonly device: string
  readonly metric: string
  /** Series key in decimal. */
  readonly series: string
  readonly time: number
  readonly value: number
}

interface Letter {
  /** Rising; never used again by this process. */
  readonly id: number
  /** When it was given up, milliseconds since the epoch. */
  readonly at: number
  readonly pipeline: string
  readonly cause: string
}

/** A whole reading. */
export interface ReadingLetter extends Letter {
  readonly node: ''
  readonly reading: DeadReading
}

/** An item, with the node that gave it up. */
export interface ItemLetter extends Letter {
  readonly node: string
  readonly item: unknown
  readonly origin: Origin
  /** It ended the workers that it was shown on. */
  readonly isDeadly: boolean
}

export type DeadLetter = ReadingLetter | ItemLetter

/** Which letters: all that agree with everything that is given. */
export interface LetterFilter {
  readonly pipeline?: string | undefined
  /** '' = whole readings. */
  readonly node?: string | undefined
}

interface Tally {
  readonly pipeline: string
  readonly node: string
  seen: number
  replayed: number
  kept: number
}

/** A cause is what user code threw, of any length. */
const KEPT_CAUSE = 1024
/** Of all items together, as JSON. */
const MOST_CHARACTERS = 64 * 1024 * 1024
/** What a reading counts. */
const READING_CHARACTERS = 256

export class DeadLetters {
  readonly #clock: Clock
  readonly #capacity: number
  /** By id, oldest first. */
  readonly #kept = new Map<number, { readonly letter: DeadLetter; readonly characters: number }>()
  readonly #tallies = new Map<string, Tally>()
  #characters = 0
  #seen = 0

  constructor(clock: Clock, capacity: number) {
    this.#clock = clock
    this.#capacity = capacity
  }

  /** How many there have been, those no longer kept included. */
  get seen(): number {
    return this.#seen
  }

  /** A whole reading is given up. */
  add(reading: DeadReading, cause: string, pipeline: string): void {
    this.#keep({ ...this.#next(pipeline, cause), node: '', reading }, READING_CHARACTERS)
  }

  /** A node gives an item up. */
  addItem(pipeline: string, letter: PipelineDeadLetter): void {
    const { node, cause, item, origin, isDeadly = false } = letter
    const { plain, characters } = plainOf(item)
    this.#keep({ ...this.#next(pipeline, cause), node, item: plain, origin, isDeadly }, characters)
  }

  /** Up to `limit` that pass the filter and are older than the letter `after` (0 = from the latest), latest first. */
  recent(limit: number, filter: LetterFilter = {}, after = 0): DeadLetter[] {
    const all = this.matching(filter).filter(({ id }) => after === 0 || id < after)
    return all.slice(Math.max(0, all.length - limit)).reverse()
  }

  /** All that pass, oldest first. */
  matching({ pipeline, node }: LetterFilter): DeadLetter[] {
    return [...this.#kept.values()]
      .map(({ letter }) => letter)
      .filter((letter) => pipeline === undefined || letter.pipeline === pipeline)
      .filter((letter) => node === undefined || letter.node === node)
  }

  get(id: number): DeadLetter | undefined {
    return this.#kept.get(id)?.letter
  }

  /** It has been put back in. */
  removeReplayed(id: number): void {
    const letter = this.#drop(id)
    if (letter !== undefined) this.#tallyOf(letter).replayed++
  }

  counts(): DeadLetterStats[] {
    return [...this.#tallies.values()].map((tally) => ({ ...tally }))
  }

  #next(pipeline: string, cause: string): Letter {
    return { id: ++this.#seen, at: this.#clock.epochMs(), pipeline, cause: cause.slice(0, KEPT_CAUSE) }
  }

  #keep(letter: DeadLetter, characters: number): void {
    const tally = this.#tallyOf(letter)
    tally.seen++
    tally.kept++
    this.#kept.set(letter.id, { letter, characters })
    this.#characters += characters
    while (this.#kept.size > this.#capacity || (this.#characters > MOST_CHARACTERS && this.#kept.size > 1)) {
      const [oldest] = this.#kept.keys()
      this.#drop(oldest)
    }
  }

  #drop(id: number): DeadLetter | undefined {
    const kept = this.#kept.get(id)
    if (kept === undefined) return undefined
    this.#kept.delete(id)
    this.#characters -= kept.characters
    this.#tallyOf(kept.letter).kept--
    return kept.letter
  }

  #tallyOf({ pipeline, node }: DeadLetter): Tally {
    const key = JSON.stringify([pipeline, node])
    const found = this.#tallies.get(key)
    if (found !== undefined) return found
    const tally = { pipeline, node, seen: 0, replayed: 0, kept: 0 }
    this.#tallies.set(key, tally)
    return tally
  }
}

/** A copy that nobody can change any more; what JSON cannot hold is kept as text, to be looked at. */
function plainOf(item: unknown): { readonly plain: unknown; readonly characters: number } {
  try {
    const text = JSON.stringify(item) ?? 'null'
    return { plain: JSON.parse(text), characters: text.length }
  } catch {
    const plain = String(item).slice(0, KEPT_CAUSE)
    return { plain, characters: plain.length }
  }
}
