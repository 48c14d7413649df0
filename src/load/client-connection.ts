import type { Client } from '../client/client.ts'
import { connectOver } from '../client/node.ts'
import type { FrameSummary } from '../client/events.ts'
import type { Clock } from '../core/clock.ts'
import { ClientWires } from './client-wire.ts'
import type { LoadConnection } from './load-connection.ts'
import type { ReadingStock } from './reading-stock.ts'
import type { Pace } from './schedule.ts'
import type { Signal } from './signal.ts'
import type { Tally } from './tally.ts'

/** What is due beyond that stays due: the client's buffer is not there to hide it. */
const BUFFER_FRAMES = 4096
/** Most that the client library has under way. */
const MAX_WINDOW = 255

export interface ClientConnectionPlan {
  readonly url: URL
  readonly token: string
  readonly stock: ReadingStock
  readonly pace: Pace
  readonly signal: Signal
  readonly window: number
  /** Readings per frame on the wire, at most; null = what the client does by itself. */
  readonly batch: number | null
}

/**
 * One connection of a paced run by way of the client library: hands over the readings of each frame of the schedule when
 * it is due, and takes a frame as answered when the last of its readings is. Latency counts from the intended time.
 */
export class ClientConnection implements LoadConnection {
  readonly #plan: ClientConnectionPlan
  readonly #tally: Tally
  readonly #clock: Clock
  readonly #wires: ClientWires
  #client: Client | null = null
  #isFinished = false
  #startMs = 0
  #endMs = Infinity
  /** Frames of the schedule handed over, and readings of the next one that are. */
  #taken = 0
  #begun = 0
  /** Next reading of the stock. */
  #at = 0
  /** Its value, if there was no room for it; NaN = not drawn yet. */
  #value = NaN
  /** Intended times of the frames of the schedule whose last reading is in the client's open frame. */
  #open: number[] = []
  /** The same by the client's frames that are not settled. */
  readonly #times = new Map<number, number[]>()
  #unanswered = 0

  constructor(plan: ClientConnectionPlan, tally: Tally, clock: Clock) {
    this.#plan = plan
    this.#tally = tally
    this.#clock = clock
    this.#wires = new ClientWires(tally, clock)
  }

  async open(): Promise<void> {
    const { url, token, batch, window } = this.#plan
    const client = await connectOver(this.#wires.open, {
      url,
      token,
      client: 'load',
      clock: this.#clock,
      ...(batch !== null && { batchReadings: batch }),
      bufferFrames: BUFFER_FRAMES,
      window: Math.min(window, MAX_WINDOW),
    })
    this.#listen(client)
    await this.#opened(client)
    this.#client = client
  }

  begin(startMs: number, durationMs: number): void {
    this.#startMs = startMs
    this.#endMs = startMs + durationMs
  }

  behindBy(nowMs: number): number {
    return this.#dueBy(nowMs) - this.#taken
  }

  get unanswered(): number {
    return this.#unanswered
  }

  get queuedBytes(): number {
    return 0
  }

  pump(): void {
    const nowMs = this.#clock.nowMs()
    if (!this.#isFinished && nowMs >= this.#startMs) this.#handOver(nowMs)
  }

  finish(nowMs: number): void {
    this.#endMs = Math.min(this.#endMs, nowMs)
    this.#handOver(nowMs)
    this.#client?.seal()
    this.#isFinished = true
  }

  async close(): Promise<void> {
    const client = this.#client
    this.#isFinished = true
    this.#client = null
    if (client === null) return
    this.#tally.unanswered += this.#unanswered
    this.#tally.unreadableReplies += client.stats().unreadableReplies
    await client.close({ drainMs: 0 })
    await this.#wires.closed
  }

  #dueBy(nowMs: number): number {
    return this.#plan.pace.dueBy(Math.min(nowMs, this.#endMs) - this.#startMs)
  }

  #handOver(nowMs: number): void {
    const due = this.#dueBy(nowMs)
    const toEpoch = this.#clock.epochMs() - nowMs
    while (this.#taken < due && this.#handOverOne(toEpoch));
  }

  /** The rest of one frame of the schedule; false if there was no room for all of it. */
  #handOverOne(toEpoch: number): boolean {
    const { stock, signal, pace } = this.#plan
    const { readingsPerFrame, ids, means, lats, lons, metricId, isTimed } = stock
    const intended = this.#startMs + pace.intendedAt(this.#taken)
    const client = this.#client!
    const time = isTimed ? intended + toEpoch : 0
    if (this.#begun === 0) signal.jump()
    for (; this.#begun < readingsPerFrame; this.#begun++) {
      const at = this.#at
      const isLast = this.#begun === readingsPerFrame - 1
      // before, since a full frame is sealed within the call
      if (isLast) this.#open.push(intended)
      if (Number.isNaN(this.#value)) this.#value = signal.next(means[at])
      if (!client.write(ids[at], metricId, this.#value, time, lats[at], lons[at])) {
        if (isLast) this.#open.pop()
        return false
      }
      this.#value = NaN
      this.#at = (at + 1) % stock.size
    }
    this.#begun = 0
    this.#taken++
    this.#unanswered++
    this.#tally.frames++
    this.#tally.readings += readingsPerFrame
    return true
  }

  #listen(client: Client): void {
    const times = this.#times
    client.on('sealed', ({ seq }) => {
      if (this.#open.length > 0) times.set(seq, this.#open)
      this.#open = []
    })
    client.on('refused', (frame, reason, indexes, again) => this.#refused(frame, reason, indexes, again))
    client.on('acknowledged', ({ seq }) => this.#settled(seq, true))
    client.on('givenUp', ({ seq, readings }) => {
      this.#tally.givenUpReadings += readings.length
      this.#settled(seq, false)
    })
  }

  #refused(
    { seq, count }: FrameSummary,
    reason: string,
    indexes: readonly number[] | null,
    again: FrameSummary | null,
  ): void {
    this.#tally.refused({ reason, refusedReadings: indexes?.length ?? 0 }, count)
    const waiting = this.#times.get(seq)
    if (again && waiting) {
      this.#times.set(again.seq, waiting)
      this.#times.delete(seq)
    }
  }

  #settled(seq: number, isAccepted: boolean): void {
    const intended = this.#times.get(seq)
    if (intended === undefined) return
    this.#times.delete(seq)
    this.#unanswered -= intended.length
    const nowMs = this.#clock.nowMs()
    if (isAccepted) for (const ms of intended) this.#tally.accepted(nowMs - ms)
  }

  /** The first connection; later ones are made again until the run ends, like those of any client. */
  #opened(client: Client): Promise<void> {
    return new Promise((resolve, reject) => {
      let isConnected = false
      let wasConnected = false
      client.on('connected', () => {
        isConnected = wasConnected = true
        this.#tally.connectionsOpened++
        resolve()
      })
      client.on('disconnected', (code) => {
        if (isConnected) this.#tally.closed(code)
        else if (wasConnected) this.#tally.connectionsFailed++
        else {
          void client.close({ drainMs: 0 })
          reject(this.#wires.failure ?? new Error(`closed with ${code}`))
        }
        isConnected = false
      })
    })
  }
}
