import type { Clock } from '../core/clock.ts'
import { deviceIdOf } from '../core/ids.ts'
import type { ClientWindows, Fate, Novelty } from '../memory/client-windows.ts'
import { NOTE_CLIENT } from '../memory/layout/ring.layout.ts'
import type { FrameProducer } from '../memory/rings/ingest-ring.ts'
import { type Connection, senderOf } from './connection.ts'
import type { PartRefusal, PartRefusals } from './part-refusals.ts'
import type { FrameRefusal } from './replies/frame-refusal.ts'

/** What is known of the frames of clients; listeners share it. */
export interface ClientMemory {
  readonly windows: ClientWindows
  readonly partRefusals: PartRefusals
  /** Checkpoints begun: names are given again after each, because recovery may begin there. */
  readonly round: () => number
}

/** What is in the ring of one connection that has named its client. */
interface NamedSource {
  readonly client: number
  /** The checkpoint that had begun when its name was given last. */
  round: number
  unsettled: number
  isClosed: boolean
}

const encoder = new TextEncoder()

/** Clients by number, as the windows know them. A name is hashed like that of a device. */
export const clientKeyOf = deviceIdOf

/**
 * Frames of senders that have named themselves (`?client=`): each is taken once, however often it is sent. The name
 * goes into the ring before the connection's first frame, so that the journal knows whose frames those are.
 */
export class ClientFrames {
  readonly #windows: ClientWindows
  readonly #partRefusals: PartRefusals
  readonly #producer: FrameProducer
  readonly #clock: Clock
  readonly #sources = new Map<number, NamedSource>()
  readonly #round: () => number

  constructor({ windows, partRefusals, round }: ClientMemory, producer: FrameProducer, clock: Clock) {
    this.#round = round
    this.#windows = windows
    this.#partRefusals = partRefusals
    this.#producer = producer
    this.#clock = clock
  }

  /** Before a connection's frames are committed; false when there is no room for its name now. */
  announce(connection: Connection, nowMs: number): boolean {
    const { source, sender } = connection
    if (sender.client === '') return true
    const known = this.#sources.get(source)
    // one before with the same number still has frames under way, which are another client's
    if (known?.isClosed === true) return false
    const round = this.#round()
    if (known?.round === round) return true
    if (!this.#producer.note(NOTE_CLIENT, source, encoder.encode(sender.client), nowMs)) return false
    if (known !== undefined) known.round = round
    else
      this.#sources.set(source, { client: clientKeyOf(sender.client), round, unsettled: 0, isClosed: false })
    return true
  }

  /** Notes a frame that is about to be committed. Frames without a number or a client's name are always new. */
  take(connection: Connection, seq: number, readingCount: number): Novelty {
    const named = seq === 0 ? undefined : this.#sources.get(connection.source)
    if (named === undefined) return 'new'
    const novelty = this.#windows.take(named.client, seq, this.#clock.epochMs(), readingCount > 0)
    if (novelty !== 'forgotten') named.unsettled++
    return novelty
  }

  /** A frame with a number and readings has come through ring and journal; `refusal`: what was not taken of it. */
  settle(source: number, seq: number, refusal: FrameRefusal | null): void {
    const client = this.#release(source)
    if (client === undefined) return
    if (refusal?.isWhole === true) return this.#windows.untake(client, seq)
    if (refusal === null) return this.#windows.setOpen(client, seq, false)
    const { reason, indexes } = refusal
    this.#partRefusals.add({ client, seq, reason, indexes: Uint32Array.from(indexes ?? []) })
  }

  /**
   * A frame with a number and without readings has: what became of the frame that it repeats. 'open': that one came
   * through another listener, and is not settled or heard of here yet.
   */
  settleRepeated(source: number, seq: number): PartRefusal | Fate {
    const client = this.#release(source)
    if (client === undefined) return 'taken'
    return this.#partRefusals.find(client, seq) ?? this.#windows.fateOf(client, seq)
  }

  /** The client whose frame is settled, if it has named itself. */
  #release(source: number): number | undefined {
    const id = senderOf(source)
    const named = this.#sources.get(id)
    if (named === undefined) return undefined
    if (--named.unsettled === 0 && named.isClosed) this.#sources.delete(id)
    return named.client
  }

  close(connection: Connection): void {
    const named = this.#sources.get(connection.source)
    if (named === undefined) return
    named.isClosed = true
    if (named.unsettled === 0) this.#sources.delete(connection.source)
  }
}
