import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import { fullJitter } from './backoff.ts'
import type { Backlog } from './backlog.ts'
import type { Frame } from './frame.ts'
import type { Link } from './link.ts'
import { replyOf, type Reply } from './reply.ts'

export interface DeliveryLimits {
  readonly window: number
  /** Bounds of the wait after a refusal, where the server doesn't ask for a longer one. */
  readonly retryMs: number
  readonly retryMaxMs: number
  readonly maxTries: number
  readonly maxTriesLasting: number
  readonly maxAgeMs: number
}

export interface DeliveryEvents {
  /** Taken by the server as safely as it is configured to, but for the readings at `except`. */
  acknowledged(frame: Frame, except: readonly number[]): void
  /** `indexes` null = all of its readings; `again`: the frame they are in now, if it is another one. */
  refused(frame: Frame, reason: string, indexes: readonly number[] | null, again: Frame | null): void
  /** `indexes` null = all of its readings. */
  givenUp(frame: Frame, indexes: readonly number[] | null, reason: string): void
  /** Once the frame is out of the backlog, whatever became of it. */
  settled(frame: Frame): void
  storageFailed(error: unknown): void
}

/** Reasons that last until somebody changes the server's configuration or registry. */
const LASTING = ['unknown-device', 'unknown-metric', 'series-limit', 'unauthorized']
/** Close codes that mean a message was not understood, or too long. */
const BAD_MESSAGE = [1007, 1009]
const STORAGE_RETRY_MS = 250
const NONE: readonly number[] = []

/** Sends the backlog's frames until each one is settled, and does what the server's answers ask for. */
export class Delivery {
  credit = 0
  resent = 0
  unreadable = 0
  readonly refusals = new Map<string, number>()
  readonly #backlog: Backlog
  readonly #limits: DeliveryLimits
  readonly #events: DeliveryEvents
  readonly #clock: Clock
  readonly #random: Random
  #link!: Link
  #pausedUntilMs = 0
  /** Frames up to this number go one at a time, to find the one that is not understood. */
  #singlyUpTo = 0
  /** Frames of this connection that the server said it couldn't read: it closes the connection after some. */
  #malformedHere = 0
  #isClosed = false
  #cancelWake: () => void = () => undefined

  constructor(
    backlog: Backlog,
    limits: DeliveryLimits,
    events: DeliveryEvents,
    clock: Clock,
    random: Random,
  ) {
    this.#backlog = backlog
    this.#limits = limits
    this.#events = events
    this.#clock = clock
    this.#random = random
  }

  attach(link: Link): void {
    this.#link = link
  }

  opened(): void {
    this.credit = 0
    this.#malformedHere = 0
    this.pump()
  }

  closed(code: number, reason: string): void {
    const { outbox } = this.#backlog
    if (BAD_MESSAGE.includes(code) && this.#malformedHere === 0)
      this.#suspect(`closed with ${code} ${reason}`)
    outbox.recall()
  }

  /** Sends what may be sent now. */
  pump(): void {
    const { outbox } = this.#backlog
    const nowMs = this.#clock.nowMs()
    this.#cancelWake()
    if (!this.#link.isOpen) return
    if (nowMs < this.#pausedUntilMs) return this.#wakeAt(this.#pausedUntilMs)
    while (this.#link.isOpen && outbox.inFlight < this.#limit()) {
      const frame = outbox.next(nowMs)
      // otherwise it is an answer that is waited for
      if (frame === null) return this.#wakeAt(outbox.nextDueMs)
      this.#send(frame)
    }
  }

  message(bytes: Uint8Array): void {
    const reply = replyOf(bytes)
    if (reply === null) {
      this.unreadable++
      return this.#link.drop('an answer that is no reply')
    }
    this.#link.proved()
    if (reply.credit > 0) this.credit = reply.credit
    if (reply.status === 'malformed') this.#malformed(reply)
    else if (reply.status === 'accepted') this.#accepted(reply)
    else this.#refused(reply)
    this.pump()
  }

  /** Gives up what waits and is too old. */
  expire(): void {
    const bornBeforeMs = this.#clock.epochMs() - this.#limits.maxAgeMs
    for (const frame of this.#backlog.outbox.takeWaiting((one) => one.createdMs < bornBeforeMs))
      this.#giveUp(frame, 'age')
  }

  /** Gives up everything, for example because the process ends and nothing is kept. */
  giveUpAll(reason: string): void {
    this.#backlog.outbox.recall()
    for (const frame of this.#backlog.outbox.takeWaiting(() => true)) this.#giveUp(frame, reason)
  }

  close(): void {
    this.#isClosed = true
    this.#cancelWake()
  }

  #limit(): number {
    if (this.#backlog.outbox.oldestSeq <= this.#singlyUpTo) return 1
    return this.credit > 0 ? Math.min(this.#limits.window, this.credit) : this.#limits.window
  }

  #send(frame: Frame): void {
    try {
      const bytes = this.#backlog.bytesOf(frame)
      if (frame.isUncertain || frame.tries > 0) this.resent++
      this.#link.send(bytes, this.#backlog.outbox.inFlight === 1)
    } catch (error) {
      this.#unsendable(frame, error)
    }
  }

  /** What can't be read back from the store is lost; a socket that can't be written to is replaced. */
  #unsendable(frame: Frame, error: unknown): void {
    const { message } = error as Error
    if (frame.bytes !== null) return this.#link.drop(message)
    this.#backlog.outbox.take(frame.seq)
    this.#events.storageFailed(error)
    this.#giveUp(frame, message)
  }

  #accepted({ seq, refused, reason }: Reply): void {
    const { outbox } = this.#backlog
    if (refused !== null && refused.length > 0) return this.#acceptedInPart(seq, refused, reason)
    for (let frame = outbox.takeUpTo(seq); frame !== null; frame = outbox.takeUpTo(seq)) {
      this.#events.acknowledged(frame, NONE)
      this.#settle(frame)
    }
  }

  /**
   * Readings that were not understood: nothing would change by sending them again. Says nothing of earlier frames: the
   * server tells it at once, and what it has accepted of those later. To take that as said would let a refused frame go
   * again before, and seem covered by it.
   */
  #acceptedInPart(seq: number, bad: readonly number[], reason: string): void {
    const frame = this.#backlog.outbox.take(seq)
    if (frame === null) return
    this.#events.givenUp(frame, bad, reason)
    this.#events.acknowledged(frame, bad)
    this.#settle(frame)
  }

  #malformed({ seq, reason }: Reply): void {
    this.#malformedHere++
    if (seq === 0) return this.#suspect(reason)
    const frame = this.#backlog.outbox.take(seq)
    if (frame) this.#giveUp(frame, reason)
  }

  /**
   * One of the frames under way was not understood, and the server can't say which. What it accepts from now on may
   * seem to cover that frame: so they are all sent again, on another connection, one at a time.
   */
  #suspect(reason: string): void {
    const { outbox } = this.#backlog
    const last = outbox.lastInFlight
    if (last === undefined) return
    if (outbox.inFlight === 1) return this.#giveUp(outbox.take(last.seq)!, reason)
    this.#singlyUpTo = last.seq
    this.#link.drop(`a frame was not understood: ${reason}`)
  }

  #refused(reply: Reply): void {
    const { seq, refused } = reply
    const reason = reply.status === 'unauthorized' ? reply.status : reply.reason
    const frame = this.#backlog.outbox.take(seq)
    if (frame === null) return
    const isPart = refused !== null && refused.length > 0
    const readings = isPart ? refused.length : frame.count
    this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + readings)
    frame.tries++
    frame.isUncertain = false
    const waitMs = this.#waitAfter(frame, reply)
    if (!isPart && !LASTING.includes(reason))
      this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#clock.nowMs() + waitMs)
    const hopeless = this.#isHopeless(frame, reason)
    if (isPart) return this.#part(frame, reply, waitMs, hopeless)
    this.#events.refused(frame, reason, null, null)
    if (hopeless) return this.#giveUp(frame, reason)
    frame.notBeforeMs = this.#clock.nowMs() + waitMs
    this.#backlog.outbox.add(frame)
  }

  /** The others of the frame were taken, so those go into a frame with a number of its own. */
  #part(frame: Frame, reply: Reply, waitMs: number, hopeless: boolean): void {
    const { outbox } = this.#backlog
    const indexes = reply.refused!.filter((index) => index < frame.count)
    if (hopeless) {
      this.#events.refused(frame, reply.reason, indexes, null)
      this.#events.givenUp(frame, indexes, reply.reason)
      this.#events.acknowledged(frame, indexes)
      return this.#settle(frame)
    }
    try {
      const again = this.#backlog.replace(frame, indexes, this.#clock.nowMs() + waitMs)
      this.#events.refused(frame, reply.reason, indexes, again)
      this.#events.acknowledged(frame, indexes)
      this.#events.settled(frame)
    } catch (error) {
      this.#events.storageFailed(error)
      outbox.hold(frame)
      this.#clock.after(STORAGE_RETRY_MS, () => {
        if (this.#isClosed) return
        outbox.release(frame)
        this.#part(frame, reply, waitMs, hopeless)
        this.pump()
      })
    }
  }

  #waitAfter({ tries }: Frame, { retryAfterMs }: Reply): number {
    const { retryMs, retryMaxMs } = this.#limits
    return Math.max(retryAfterMs, fullJitter(retryMs, retryMaxMs, tries - 1, this.#random))
  }

  #isHopeless(frame: Frame, reason: string): boolean {
    const { maxTries, maxTriesLasting, maxAgeMs } = this.#limits
    const most = LASTING.includes(reason) ? Math.min(maxTries, maxTriesLasting) : maxTries
    return frame.tries >= most || this.#clock.epochMs() - frame.createdMs > maxAgeMs
  }

  #giveUp(frame: Frame, reason: string): void {
    this.#events.givenUp(frame, null, reason)
    this.#settle(frame)
  }

  #settle(frame: Frame): void {
    try {
      this.#backlog.settle(frame)
    } catch (error) {
      this.#events.storageFailed(error)
    }
    this.#events.settled(frame)
  }

  #wakeAt(ms: number): void {
    if (ms === Infinity) return
    // whole milliseconds, or rounding would wake it just before the time, again and again
    this.#cancelWake = this.#clock.after(Math.ceil(ms - this.#clock.nowMs()) + 1, () => this.pump())
  }
}
