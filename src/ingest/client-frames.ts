import type { Clock } from '../core/clock.ts'
import { deviceIdOf } from '../core/ids.ts'
import type { ClientWindows, Novelty } from '../memory/client-windows.ts'
import { NOTE_CLIENT } from '../memory/layout/ring.layout.ts'
import type { FrameProducer } from '../memory/rings/ingest-ring.ts'
import { type Connection, senderOf } from './connection.ts'

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
  readonly #producer: FrameProducer
  readonly #clock: Clock
  readonly #sources = new Map<number, NamedSource>()
  readonly #round: () => number

  /** `round` = checkpoints begun: names are given again after each, because recovery may begin there. */
  constructor(windows: ClientWindows, producer: FrameProducer, clock: Clock, round: () => number) {
    this.#round = round
    this.#windows = windows
    this.#producer = producer
    this.#clock = clock
  }

  /** Before a connection's frames are committed; false when there is no room for its name now. */
  announce(connection: Connection, nowMs: number): boolean {
    const { source, sender } = connection
    if (sender.client === '') return true
    const known = this.#sources.get(source)
    const round = this.#round()
    if (known?.round === round) return true
    if (!this.#producer.note(NOTE_CLIENT, source, encoder.encode(sender.client), nowMs)) return false
    if (known !== undefined) known.round = round
    else
      this.#sources.set(source, { client: clientKeyOf(sender.client), round, unsettled: 0, isClosed: false })
    return true
  }

  /** Notes a frame that is about to be committed. Frames without a number or a client's name are always new. */
  take(connection: Connection, seq: number): Novelty {
    const named = seq === 0 ? undefined : this.#sources.get(connection.source)
    if (named === undefined) return 'new'
    const novelty = this.#windows.take(named.client, seq, this.#clock.epochMs())
    if (novelty !== 'forgotten') named.unsettled++
    return novelty
  }

  /**
   * A frame with a number has come through ring and journal; `isLost`: none of its readings was taken. Returns whether
   * it is still lost: one that was sent twice shares the fate of the first.
   */
  settle(source: number, seq: number, isEmpty: boolean, isLost: boolean): boolean {
    const id = senderOf(source)
    const named = this.#sources.get(id)
    if (named === undefined) return isLost
    if (--named.unsettled === 0 && named.isClosed) this.#sources.delete(id)
    const nowMs = this.#clock.epochMs()
    if (isLost) this.#windows.untake(named.client, seq, nowMs)
    return isLost || (isEmpty && !this.#windows.has(named.client, seq, nowMs))
  }

  close(connection: Connection): void {
    const named = this.#sources.get(connection.source)
    if (named === undefined) return
    named.isClosed = true
    if (named.unsettled === 0) this.#sources.delete(connection.source)
  }
}
