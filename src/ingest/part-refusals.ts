/** A frame of a named client that was taken except for some of its readings. */
export interface PartRefusal {
  /** See clientKeyOf. */
  readonly client: number
  readonly seq: number
  /** Index into REFUSAL_REASONS. */
  readonly reason: number
  /** Positions in the message of all readings that were not taken. */
  readonly indexes: Uint32Array
}

/** As far back as a client's sequence numbers are remembered. */
const FRAMES_PER_CLIENT = 256
const MAX_FRAMES = 100_000
/** 16 MiB. */
const MAX_INDEXES = 4 << 20

/** How much is remembered. */
export interface PartRefusalBounds {
  readonly frames: number
  readonly framesPerClient: number
  readonly indexes: number
}

const BOUNDS = { frames: MAX_FRAMES, framesPerClient: FRAMES_PER_CLIENT, indexes: MAX_INDEXES }

/**
 * The answers to frames that were taken in part: a sender that lost the answer with its connection, and so sends the frame
 * again, is told the same once more, or it would never hear which readings it still has to care for. Bounded: the frames of
 * the client that has been quiet for longest are forgotten first, and of a client those of the lowest numbers.
 */
export class PartRefusals {
  readonly #bounds: PartRefusalBounds
  readonly #onForget: (refusal: PartRefusal) => void
  readonly #clients = new Map<number, Map<number, PartRefusal>>()
  #listeners: ((refusal: PartRefusal) => void)[] = []
  #frames = 0
  #indexes = 0

  /** `onForget` is told what a repeated frame will not find here any more. */
  constructor(
    onForget: (refusal: PartRefusal) => void = () => undefined,
    bounds: Partial<PartRefusalBounds> = {},
  ) {
    this.#onForget = onForget
    this.#bounds = { ...BOUNDS, ...bounds }
  }

  get size(): number {
    return this.#frames
  }

  find(client: number, seq: number): PartRefusal | undefined {
    return this.#clients.get(client)?.get(seq)
  }

  /** Remembers it and passes it on, unless it is known already. */
  add(refusal: PartRefusal): void {
    if (!this.learn(refusal)) return
    for (const listener of this.#listeners) listener(refusal)
  }

  /** Remembers what is known elsewhere; false when it is known here too. */
  learn(refusal: PartRefusal): boolean {
    const { client, seq, indexes } = refusal
    const known = this.#clients.get(client) ?? new Map<number, PartRefusal>()
    if (known.has(seq)) return false
    known.set(seq, refusal)
    this.#frames++
    this.#indexes += indexes.length
    // behind all others: it has been heard of last
    this.#clients.delete(client)
    this.#clients.set(client, known)
    if (known.size > this.#bounds.framesPerClient) this.#forget(client, known, lowestOf(known))
    while (this.#isOverfull()) this.#forgetQuietest()
    return true
  }

  /** Calls `listener` with each that is passed on from now on; returns what ends it. */
  onAdd(listener: (refusal: PartRefusal) => void): () => void {
    this.#listeners.push(listener)
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener)
    }
  }

  /** The clients that have been quiet for longest first. */
  *[Symbol.iterator](): Iterator<PartRefusal> {
    for (const known of this.#clients.values()) yield* known.values()
  }

  #isOverfull(): boolean {
    return this.#frames > 1 && (this.#frames > this.#bounds.frames || this.#indexes > this.#bounds.indexes)
  }

  #forgetQuietest(): void {
    for (const [client, known] of this.#clients) return this.#forget(client, known, lowestOf(known))
  }

  #forget(client: number, known: Map<number, PartRefusal>, refusal: PartRefusal): void {
    known.delete(refusal.seq)
    if (known.size === 0) this.#clients.delete(client)
    this.#frames--
    this.#indexes -= refusal.indexes.length
    this.#onForget(refusal)
  }
}

/** The one that its client's window leaves first; frames that came back may have been heard of later than higher ones. */
const lowestOf = (known: ReadonlyMap<number, PartRefusal>): PartRefusal =>
  [...known.values()].reduce((lowest, refusal) => (refusal.seq < lowest.seq ? refusal : lowest))
